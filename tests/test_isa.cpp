// The choice of instruction set: listed best first, forced by name, refused with the list.
#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "dispatch/registry.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace adagrad::kernels {
#if defined(__x86_64__)
#define ADAGRAD_ISA_X86(name, type, flags, condition) extern const table table_##name;
#else
#define ADAGRAD_ISA_ARM(name, type, flags, condition) extern const table table_##name;
#endif
#include "isa/isa.def"
#undef ADAGRAD_ISA_X86
#undef ADAGRAD_ISA_ARM
}  // namespace adagrad::kernels

namespace {

const kernels::table* table_of(std::string_view wanted) {
#if defined(__x86_64__)
#define ADAGRAD_ISA_X86(name, type, flags, condition) \
  if (wanted == #name) return &kernels::table_##name;
#else
#define ADAGRAD_ISA_ARM(name, type, flags, condition) \
  if (wanted == #name) return &kernels::table_##name;
#endif
#include "isa/isa.def"
  return nullptr;
}

std::string refusal(std::string_view name) {
  try {
    force_instruction_set(name);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("every available instruction set can be forced, and its own kernels are the ones that run") {
  const auto names = available_instruction_sets();
  REQUIRE(!names.empty());
  for (const auto name : names) {
    force_instruction_set(name);
    CHECK(instruction_set() == name);
    CHECK(&dispatch::active() == table_of(name));
  }
  force_instruction_set("");
  for (std::size_t a = 0; a < names.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) {
      CHECK(bool(table_of(names[a])->f32.update != table_of(names[b])->f32.update));
      CHECK(bool(table_of(names[a])->f64.update != table_of(names[b])->f64.update));
    }
}

TEST_CASE("without a wish the first of the list is used; ADAGRAD_ISA decides where it is set") {
  force_instruction_set("");
  const char* wish = std::getenv("ADAGRAD_ISA");
  CHECK(instruction_set() == (wish != nullptr ? std::string_view(wish) : available_instruction_sets().front()));
}

TEST_CASE("an unknown or unavailable name is refused with the list, and nothing changes") {
  const std::string last(available_instruction_sets().back());
  force_instruction_set(last);
  for (const auto* wrong : {"avx1024", "AVX2", " avx2", "avx2 ", "a"}) {
    const std::string message = refusal(wrong);
    INFO("message: " << message);
    CHECK(message.find('"' + std::string(wrong) + '"') != std::string::npos);
    CHECK(message.find("available: ") != std::string::npos);
    for (const auto name : available_instruction_sets()) CHECK(message.find(name) != std::string::npos);
    CHECK(instruction_set() == last);
  }
  force_instruction_set("");
}
