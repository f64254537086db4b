// Constraints after the move: what they do to each value, the same bits as the reference everywhere, refused bounds.
#include <limits>

#include "support/bits.hpp"
#include "support/guarded.hpp"
#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr parameter_constraint all_constraints[] = {
    {}, non_negative(), box(-0.25, 0.5), box(0, infinity), box(-infinity, 0.1), box(0.3, 0.3), box(-0.0, 0.0), box(-infinity, infinity)};

}  // namespace

TEST_CASE_TEMPLATE("constrained updates give the reference's bits on every instruction set, length and offset", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const auto& constraint : all_constraints)
      for (const auto mode : {arithmetic::exact, arithmetic::fast})
        for (const std::size_t n : {0, 1, 7, 8, 15, 16, 17, 33, 1000, 1023, 1024, 1025, 2049, 5000})
          for (std::size_t offset = 0; offset < (n < 100 ? 4 : 1); ++offset) {
            CAPTURE(int(constraint.kind));
            CAPTURE(constraint.lower);
            CAPTURE(n);
            auto start = mixed_arrays<T>(n + offset, 101);
            const std::span<T> w(start.parameters.data() + offset, n), G(start.accumulators.data() + offset, n);
            const std::span<const T> g(start.gradients.data() + offset, n);
            std::vector<T> expected_w(w.begin(), w.end()), expected_G(G.begin(), G.end());
            for (int step = 0; step < 3; ++step) {
              update(w, g, G, 0.1, {.mode = mode, .constraint = constraint});
              if (mode == arithmetic::exact) {
                reference::update(expected_w, g, expected_G, 0.1, {.constraint = constraint});
              } else {  // the fast move, and then the constraint by itself: a step with rate 0
                update(expected_w, g, expected_G, 0.1, {.mode = mode});
                std::vector<T> zeros(n), unused(n);
                reference::update(expected_w, zeros, unused, 0, {.constraint = constraint});
              }
            }
            CHECK(first_difference(std::span<const T>(w), std::span<const T>(expected_w)) == n);
            CHECK(first_difference(std::span<const T>(G), std::span<const T>(expected_G)) == n);
          }
  });
}

TEST_CASE_TEMPLATE("each constraint does what its formula says, NaN, infinities and zeros included", T, float, double) {
  using limits = std::numeric_limits<T>;
  const T inf = limits::infinity(), nan = limits::quiet_NaN(), tiny = limits::denorm_min();
  const std::vector<T> values = {T(-2), T(2),   T(0),     T(-0.0),       -tiny,           tiny, inf, -inf,
                                 nan,   T(0.5), T(-0.25), limits::max(), limits::lowest()};
  const auto after = [&](const parameter_constraint& constraint, bool scalar) {
    std::vector<T> w = values, g(values.size()), G(values.size());
    if (scalar) reference::update(w, g, G, 0, {.constraint = constraint});
    else update(w, g, G, 0, {.constraint = constraint});
    return w;
  };
  const auto check = [&](const parameter_constraint& constraint, const std::vector<T>& expected) {
    for_each_isa([&](const std::string&) { CHECK(first_difference(after(constraint, false), expected) == expected.size()); });
    CHECK(first_difference(after(constraint, true), expected) == expected.size());
  };
  check({}, values);
  check(non_negative(), {T(-0.0), T(2), T(0), T(-0.0), T(-0.0), tiny, inf, nan, nan, T(0.5), T(-0.0), limits::max(), T(-0.0)});
  check(box(-0.25, 0.5), {T(-0.25), T(0.5), T(0), T(-0.0), -tiny, tiny, T(0.5), T(-0.25), nan, T(0.5), T(-0.25), T(0.5), T(-0.25)});
  check(box(0, infinity), {T(0), T(2), T(0), T(-0.0), T(0), tiny, inf, T(0), nan, T(0.5), T(0), limits::max(), T(0)});
}

TEST_CASE_TEMPLATE("a constrained update touches nothing behind its arrays and leaves the gradients", T, float, double) {
  using array = guarded<T>;
  for_each_isa([&](const std::string&) {
    for (const std::size_t n : {std::size_t(1), std::size_t(13), std::size_t(1029)})
      for (const auto side : {array::against::end, array::against::begin}) {
        const auto data = usual_arrays<T>(n, 103);
        const array w(data.parameters, side), g(data.gradients, side), G(data.accumulators, side);
        update(w.get(), g.get(), G.get(), 0.1, {.constraint = box(-0.1, 0.1)});
        CHECK(first_difference(std::span<const T>(g.get()), std::span<const T>(data.gradients)) == n);
      }
  });
}

TEST_CASE_TEMPLATE("bad bounds are refused by name, before anything is written", T, float, double) {
  const auto data = usual_arrays<T>(9, 107);
  const auto check = [&](const parameter_constraint& constraint, std::initializer_list<const char*> parts) {
    for (const bool scalar : {false, true}) {
      auto copy = data;
      const std::string message = refusal([&] {
        if (scalar) reference::update(copy.parameters, copy.gradients, copy.accumulators, 0.1, {.constraint = constraint});
        else update(copy.parameters, copy.gradients, copy.accumulators, 0.1, {.constraint = constraint});
      });
      INFO("message: " << message);
      CHECK(holds_all(message, parts));
      CHECK(copy.parameters == data.parameters);
      CHECK(copy.accumulators == data.accumulators);
    }
  };
  check(box(nan_value, 1), {"constraint", "bound", "nan", "infinity"});
  check(box(0, nan_value), {"constraint", "nan"});
  check(box(1, 0.5), {"lower bound 1 is above its upper bound 0.5", "swap"});
  check({.kind = static_cast<constraint_kind>(9)}, {"constraint.kind is 9", "box(lower, upper)"});
  if (sizeof(T) == 4) {
    check(box(1e39, infinity), {"lower bound is 1e+39, which float cannot hold"});
    check(box(0, 1e39), {"upper bound is 1e+39, which float cannot hold"});
  }
}
