#include "dispatch/registry.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "adagrad/isa.hpp"

#if defined(__x86_64__)
#define ADAGRAD_ISA_X86(name, type, flags, condition) ADAGRAD_ISA_ENTRY(name, condition)
#define HAS(feature) __builtin_cpu_supports(feature)
#elif defined(__aarch64__)
#define ADAGRAD_ISA_ARM(name, type, flags, condition) ADAGRAD_ISA_ENTRY(name, condition)
#else
#error "adagrad has kernels for x86-64 and AArch64 only"
#endif

namespace adagrad::kernels {
#define ADAGRAD_ISA_ENTRY(name, condition) extern const table table_##name;
#include "isa/isa.def"
#undef ADAGRAD_ISA_ENTRY
}  // namespace adagrad::kernels

namespace adagrad {
namespace {

struct entry {
  std::string_view name;
  const kernels::table* table;
  bool (*runs_here)();
};

// Best first. __builtin_cpu_supports asks the operating system too (XGETBV).
constexpr entry entries[] = {
#define ADAGRAD_ISA_ENTRY(name, condition) {#name, &kernels::table_##name, [] { return bool(condition); }},
#include "isa/isa.def"
#undef ADAGRAD_ISA_ENTRY
};

std::atomic<const entry*> in_use{nullptr};  // null: not chosen yet

const entry& find(std::string_view name, std::string_view who) {
  for (const entry& e : entries)
    if (e.name == name && e.runs_here()) return e;
  std::string list;
  for (const std::string_view available : available_instruction_sets()) list += (list.empty() ? "" : ", ") + std::string(available);
  throw std::invalid_argument("adagrad: " + std::string(who) + " is \"" + std::string(name) +
                              "\", which this build or this machine does not have; available: " + list);
}

const entry& default_entry() {
  if (const char* wish = std::getenv("ADAGRAD_ISA"); wish != nullptr && *wish != '\0')
    return find(wish, "the environment variable ADAGRAD_ISA");
  for (const entry& e : entries)
    if (e.runs_here()) return e;
  throw std::runtime_error("adagrad: this machine has none of the library's instruction sets");
}

const entry& current() {
  const entry* chosen = in_use.load(std::memory_order_acquire);
  if (chosen == nullptr) {
    const entry* found = &default_entry();
    // Another thread may have chosen or forced one meanwhile: that one stands.
    if (in_use.compare_exchange_strong(chosen, found, std::memory_order_acq_rel)) chosen = found;
  }
  return *chosen;
}

}  // namespace

const kernels::table& dispatch::active() { return *current().table; }

std::vector<std::string_view> available_instruction_sets() {
  std::vector<std::string_view> names;
  for (const entry& e : entries)
    if (e.runs_here()) names.push_back(e.name);
  return names;
}

std::string_view instruction_set() { return current().name; }

void force_instruction_set(std::string_view name) {
  in_use.store(name.empty() ? &default_entry() : &find(name, "the forced instruction set"), std::memory_order_release);
}

}  // namespace adagrad
