// Bad input is refused before the first write, by name, with the value and the remedy.
#include <array>
#include <cstring>
#include <limits>

#include "support/bits.hpp"
#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE_TEMPLATE("hyperparameters are checked by update and by the reference, and nothing is written", T, float, double) {
  const auto data = usual_arrays<T>(9, 1);
  const auto check = [&](double learning_rate, const update_options& options, std::initializer_list<const char*> parts) {
    for (const bool scalar : {false, true}) {
      auto copy = data;
      const std::string message = refusal([&] {
        if (scalar) reference::update(copy.parameters, copy.gradients, copy.accumulators, learning_rate, options);
        else update(copy.parameters, copy.gradients, copy.accumulators, learning_rate, options);
      });
      INFO("message: " << message);
      CHECK(holds_all(message, parts));
      CHECK(copy.parameters == data.parameters);
      CHECK(copy.accumulators == data.accumulators);
    }
  };
  for (const double bad : {nan_value, infinity, -infinity, -0.01}) {
    check(bad, {}, {"learning_rate is ", "at least 0", "schedule"});
    check(0.01, {.epsilon = bad}, {"epsilon is ", "at least 0", "1e-8"});
  }
  check(-0.01, {}, {"learning_rate is -0.01", "Caffe2"});
  check(0.01, {.epsilon_placement = static_cast<epsilon_place>(2)}, {"epsilon_placement is 2", "epsilon_place::inside_root"});
  check(0.01, {.accumulator_used = static_cast<accumulator_use>(7)}, {"accumulator_used is 7", "accumulator_use::before"});
  check(0.01, {.mode = static_cast<arithmetic>(255)}, {"mode is 255", "arithmetic::exact"});
}

TEST_CASE_TEMPLATE("arrays are checked: sizes, null pointers, overlaps", T, float, double) {
  std::vector<T> memory(64, T(1));
  const auto before = memory;
  const std::span<T> all(memory);
  const auto check = [&](std::span<T> w, std::span<const T> g, std::span<T> G, std::initializer_list<const char*> parts) {
    for (const bool scalar : {false, true}) {
      const std::string message = refusal([&] {
        if (scalar) reference::update(w, g, G, 0.01);
        else update(w, g, G, 0.01);
      });
      INFO("message: " << message);
      CHECK(holds_all(message, parts));
      CHECK(memory == before);
    }
  };
  const auto part = [&](std::size_t from, std::size_t count) { return all.subspan(from, count); };
  check(part(0, 8), part(8, 7), part(16, 8), {"gradients has 7 elements in place of 8", "one length"});
  check(part(0, 8), part(8, 8), part(16, 9), {"accumulators has 9 elements in place of 8"});
  check(part(0, 0), part(8, 1), part(16, 0), {"gradients has 1 elements in place of 0"});
  check(std::span<T>(static_cast<T*>(nullptr), 8), part(8, 8), part(16, 8), {"parameters is a null pointer with 8 elements"});
  check(part(0, 8), std::span<const T>(static_cast<const T*>(nullptr), 8), part(16, 8), {"gradients is a null pointer"});
  check(part(0, 8), part(8, 8), std::span<T>(static_cast<T*>(nullptr), 8), {"accumulators is a null pointer"});
  check(part(0, 8), part(0, 8), part(16, 8), {"parameters overlaps gradients", "0 bytes apart"});
  check(part(0, 8), part(7, 8), part(16, 8), {"parameters overlaps gradients", "its own memory"});
  check(part(7, 8), part(20, 8), part(0, 8), {"parameters overlaps accumulators"});
  check(part(40, 8), part(0, 8), part(7, 8), {"gradients overlaps accumulators"});
}

TEST_CASE_TEMPLATE("arrays that touch, empty arrays and odd but legal values are taken", T, float, double) {
  std::vector<T> memory(24, T(1));
  const std::span<T> all(memory);
  CHECK_NOTHROW(update(all.subspan(0, 8), all.subspan(8, 8), all.subspan(16, 8), 0.01));
  CHECK_NOTHROW(update(all.subspan(16, 8), all.subspan(0, 8), all.subspan(8, 8), 0.0));
  CHECK_NOTHROW(update(std::span<T>(), std::span<const T>(), std::span<T>(), 0.01));
  CHECK_NOTHROW(update(all.subspan(4, 0), all.subspan(4, 0), all.subspan(4, 0), 0.01));
  CHECK_NOTHROW(update(all.subspan(0, 8), all.subspan(8, 8), all.subspan(16, 8), -0.0, {.epsilon = 0}));
}

TEST_CASE("threads and executors are checked before the first write") {
  const auto data = usual_arrays<float>(9, 1);
  const auto check = [&](const threading& how, std::initializer_list<const char*> parts) {
    auto copy = data;
    const std::string message = refusal([&] { update(copy.parameters, copy.gradients, copy.accumulators, 0.01, {}, how); });
    INFO("message: " << message);
    CHECK(holds_all(message, parts));
    CHECK(copy.parameters == data.parameters);
  };
  const auto run = [](void*, std::size_t, void (*)(void*, std::size_t), void*) {};
  const executor no_run{2, nullptr, nullptr}, no_width{0, nullptr, run}, too_wide{5000, nullptr, run};
  check({.threads = 4097}, {"threads is 4097", "at most 4096"});
  check({.pool = &no_run}, {"pool->run is null"});
  check({.pool = &no_width}, {"pool->width is 0", "from 1 to 4096"});
  check({.pool = &too_wide}, {"pool->width is 5000"});
}

TEST_CASE("inverse_time is Keras 1's expression in double, also beyond 2^24, 2^32 and 2^53 iterations") {
  CHECK(inverse_time{0.01, 0.0}(12345) == 0.01);
  CHECK(inverse_time{0.01, 0.5}(0) == 0.01);
  CHECK(inverse_time{0.01, 0.5}(2) == 0.005);
  for (const std::uint64_t it : {(1ull << 24) + 1, (1ull << 32) + 1, (1ull << 53) - 1, ~0ull})
    CHECK(inverse_time{0.05, 1e-7}(it) == 0.05 * (1.0 / (1.0 + 1e-7 * static_cast<double>(it))));
  CHECK(inverse_time{1, 1}((1ull << 24) + 1) != inverse_time{1, 1}(1ull << 24));
}
