// After the first call, update allocates nothing: serial, threaded, on every instruction set.
#include <atomic>
#include <cstdlib>
#include <new>

#include "support/rules.hpp"
#include "support/values.hpp"

namespace {
std::atomic<std::size_t> allocations{0};
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace adagrad;
using namespace adagrad::test;

TEST_CASE_TEMPLATE("no allocation after the first call", T, float, double) {
  auto data = usual_arrays<T>(5000, 73);
  const auto step = [&](const threading& how) {
    for (const auto mode : {arithmetic::exact, arithmetic::fast})
      update(data.parameters, data.gradients, data.accumulators, 0.01, {.mode = mode}, how);
  };
  step({.threads = 3, .serial_below = 0});
  step({.serial_below = 0});
  for_each_isa([&](const std::string&) {
    const std::size_t before = allocations;
    for (int repetition = 0; repetition < 10; ++repetition) {
      step({.threads = 1});
      step({.threads = 3, .serial_below = 0});
      step({});
    }
    CHECK(allocations == before);
  });
  CHECK(allocations > 0);  // the counter counts
}
