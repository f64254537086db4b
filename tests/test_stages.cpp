// What happens to gradients and parameters before the move: scale, sign, clipping, weight decay. The reference's bits everywhere, the formulas by hand,
// and every option does something on every path.
#include <limits>

#include "support/bits.hpp"
#include "support/guarded.hpp"
#include "support/random_options.hpp"
#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"
#include "support/update_check.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr auto decoupled = weight_decay_kind::decoupled;

constexpr auto fused = multiply_add::one_rounding;

// Each option alone, and together.
const update_options all_stages[] = {
    {},
    {.gradient_scale = 0.125},
    {.gradient_scale = 1.0 / 3},
    {.maximize = true},
    {.clip_value = 0.3},
    {.weight_decay = 0.01},
    {.weight_decay = 0.1, .decay_kind = decoupled},  // T(0.1 * 0.1) is not T(0.1) * T(0.1)
    {.accumulator_decay = 0.9},
    {.accumulator_decay = 0.99, .clip_value = 0.7, .weight_decay = 0.01},
    {.gradient_scale = 1.0 / 3, .maximize = true, .clip_value = 0.7, .weight_decay = 0.01, .constraint = box(-0.5, 0.5)},
    {.gradient_scale = 3, .clip_value = 0.1, .weight_decay = 0.5, .decay_kind = decoupled, .constraint = non_negative()},
    {.freeze_accumulators = true},
    {.gradient_scale = 1.0 / 3, .weight_decay = 0.01, .freeze_accumulators = true, .constraint = box(-0.5, 0.5)},
    {.accumulate_rounding = fused},
    {.accumulator_used = accumulator_use::before, .accumulate_rounding = fused},
    {.accumulator_decay = 0.9, .accumulate_rounding = fused},
    {.weight_decay = 0.01, .decay_rounding = fused},
    {.gradient_scale = 1.0 / 3, .maximize = true, .weight_decay = 0.01, .accumulate_rounding = fused, .decay_rounding = fused},
    {.zero_accumulator_moves = false},
    {.weight_decay = 0.01, .zero_accumulator_moves = false},
    {.clip_value = 0.3, .weight_decay = 0.01, .decay_rounding = fused, .zero_accumulator_moves = false},
};

}  // namespace

TEST_CASE_TEMPLATE("every stage gives the reference's bits on every instruction set, length and offset", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (std::size_t k = 0; k < std::size(all_stages); ++k)
      for (const std::size_t n : lengths)
        for (std::size_t offset = 0; offset < (n < 100 ? 4 : 1); offset += thin ? 3 : 1) {
          CAPTURE(k);
          check_update<T>(all_stages[k], n, offset, 301);
        }
  });
}

TEST_CASE_TEMPLATE("any combination of options gives the reference's bits on every instruction set", T, float, double) {
  for_each_isa([&](const std::string&) {
    random_bits random(317);
    for (int round = 0; round < (thin ? 60 : 400); ++round) {
      CAPTURE(round);
      check_update<T>(random_rule(random), one_of(lengths, random), random() % 4, random());
    }
  });
}

TEST_CASE_TEMPLATE("the stages are the formulas, one rounding for each operation, in their order", T, float, double) {
  for (const auto& options : all_stages) {
    check_formulas(options, usual_arrays<T>(999, 307), 0.1);
    check_formulas(options, mixed_arrays<T>(3000, 308), 0.3);
  }
}

TEST_CASE_TEMPLATE("any combination of options is the formulas", T, float, double) {
  random_bits random(331);
  for (int round = 0; round < (thin ? 50 : 1000); ++round) {
    CAPTURE(round);
    const auto options = random_rule(random);
    check_formulas(options, usual_arrays<T>(300, random()), 0.1);
    check_formulas(options, mixed_arrays<T>(300, random()), random.between(0, 1));
  }
}

TEST_CASE_TEMPLATE("every option does something, for exact and fast, short and long arrays", T, float, double) {
  for (std::size_t k = 1; k < std::size(all_stages); ++k) {
    CAPTURE(k);
    const update_options& options = all_stages[k];
    // The roundings and what vanishes make a difference for few values: the tests below look for those.
    if (options.accumulate_rounding == fused || options.decay_rounding == fused || !options.zero_accumulator_moves) continue;
    check_does_something<T>(options, {});
  }
}

// 1 + 2^-k with its square: rounding the square first loses 2^-2k, which the sum with G = -1 brings to light.
TEST_CASE_TEMPLATE("one rounding is one, two roundings are two, on every path", T, float, double) {
  const T g = T(1) + std::sqrt(std::numeric_limits<T>::epsilon()) / 2, start = T(-1);
  const T once = std::fma(g, g, start), twice = g * g + start;
  REQUIRE(once != twice);
  for_each_isa([&](const std::string&) {
    for (const auto mode : {arithmetic::exact, arithmetic::fast})
      for (const std::size_t n : {std::size_t(1), std::size_t(16), std::size_t(5000)}) {
        for (const bool one : {false, true}) {
          arrays<T> a{std::vector<T>(n, T(1)), std::vector<T>(n, g), std::vector<T>(n, start)};
          update(a.parameters, a.gradients, a.accumulators, 0.1,
                 {.mode = mode, .accumulate_rounding = one ? fused : multiply_add::two_roundings});
          CHECK(a.accumulators == std::vector<T>(n, one ? once : twice));
          // Decay: g + decay * w with w = decay and g = -1; G shows what the gradient was.
          arrays<T> b{std::vector<T>(n, g), std::vector<T>(n, start), std::vector<T>(n)};
          update(b.parameters, b.gradients, b.accumulators, 0.1,
                 {.mode = mode, .weight_decay = static_cast<double>(g), .decay_rounding = one ? fused : multiply_add::two_roundings});
          const T gradient = one ? once : twice;
          CHECK(b.accumulators == std::vector<T>(n, gradient * gradient));
        }
      }
  });
}

TEST_CASE_TEMPLATE("frozen accumulators are used and stay", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const auto mode : {arithmetic::exact, arithmetic::fast})
      for (const double l1 : {0.0, 0.01}) {
        auto data = usual_arrays<T>(5000, 337), start = data;
        update(data.parameters, data.gradients, data.accumulators, 0.1, {.mode = mode, .freeze_accumulators = true, .proximal_l1 = l1});
        CHECK(first_difference(data.accumulators, start.accumulators) == 5000);
        CHECK(first_difference(data.parameters, start.parameters) < 5000);
      }
  });
}

// A gradient whose square vanishes, with epsilon so small that it would move the parameter far.
TEST_CASE_TEMPLATE("where the accumulator is 0 and the square of the gradient too, nothing moves if so asked", T, float, double) {
  const T small = std::numeric_limits<T>::min();
  REQUIRE(small * small == 0);
  const update_options moves{.epsilon = static_cast<double>(small)};
  for_each_isa([&](const std::string&) {
    for (const auto mode : {arithmetic::exact, arithmetic::fast})
      for (const std::size_t n : {std::size_t(1), std::size_t(16), std::size_t(5000)}) {
        const auto after = [&](update_options options, T w, T G) {
          arrays<T> a{std::vector<T>(n, w), std::vector<T>(n, small), std::vector<T>(n, G)};
          options.mode = mode;
          update(a.parameters, a.gradients, a.accumulators, 0.5, options);
          CHECK(a.parameters == std::vector<T>(n, a.parameters[0]));
          return a.parameters[0];
        };
        auto stays = moves;
        stays.zero_accumulator_moves = false;
        CHECK(after(moves, T(1), T(0)) == T(0.5));
        CHECK(after(stays, T(1), T(0)) == T(1));
        CHECK(after(stays, T(0), T(0)) == T(0));
        CHECK(after(stays, T(0), small) < T(0));  // its accumulator is not 0
        // Coupled decay is part of the gradient: its square must vanish with it ...
        stays.weight_decay = 0.5;
        CHECK(after(stays, T(1), T(0)) == T(0.5));
        // ... and does so where the parameter is small too.
        CHECK(after(stays, small, T(0)) == small);
        // Neither has a square by itself, their sum has one.
        const T half = sizeof(T) == 4 ? T(0x1p-75) : static_cast<T>(0x1p-538);
        arrays<T> both{std::vector<T>(n, 2 * half), std::vector<T>(n, half), std::vector<T>(n)};
        stays.mode = mode;
        update(both.parameters, both.gradients, both.accumulators, 0.5, stays);
        CHECK(both.parameters == std::vector<T>(n, both.parameters[0]));
        CHECK(both.parameters[0] < T(-0.4));
      }
  });
}

TEST_CASE_TEMPLATE("decay moves a parameter without gradient toward zero, coupled and decoupled", T, float, double) {
  for (const auto kind : {weight_decay_kind::coupled, decoupled}) {
    std::vector<T> w{T(2), T(-3)}, g(2), G(2, T(0.5));
    update(w, g, G, 0.1, {.weight_decay = 0.1, .decay_kind = kind});
    CHECK(w[0] < T(2));
    CHECK(w[0] > T(0));
    CHECK(w[1] > T(-3));
    CHECK(w[1] < T(0));
    CHECK((G[0] == T(0.5)) == (kind == decoupled));  // decoupled decay is not accumulated
  }
}

TEST_CASE_TEMPLATE("without decay, infinite and NaN parameters do not reach the gradient", T, float, double) {
  std::vector<T> w{std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN(), T(1)}, g(3, T(1)), G(3);
  update(w, g, G, 0.1, {.gradient_scale = 0.5, .clip_value = 10});
  CHECK(G == std::vector<T>(3, T(0.25)));
  CHECK(std::isinf(w[0]));
}

TEST_CASE_TEMPLATE("prepared updates touch nothing outside of their arrays", T, float, double) {
  using array = guarded<T>;
  for_each_isa([&](const std::string&) {
    for (const std::size_t n : {std::size_t(1), std::size_t(13), std::size_t(1029)})
      for (const auto side : {array::against::end, array::against::begin}) {
        const auto data = usual_arrays<T>(n, 311);
        const array w(data.parameters, side), g(data.gradients, side), G(data.accumulators, side);
        update(w.get(), g.get(), G.get(), 0.1, {.clip_value = 0.1, .weight_decay = 0.1});
        update(w.get(), g.get(), G.get(), 0.1, {.weight_decay = 0.1, .decay_kind = decoupled});
        CHECK(first_difference(std::span<const T>(g.get()), std::span<const T>(data.gradients)) == n);
      }
  });
}

TEST_CASE_TEMPLATE("a rate times decay that the type cannot hold is refused before the first write", T, float, double) {
  const double huge = sizeof(T) == 4 ? 1e30 : 1e200;
  const update_options options{.weight_decay = huge, .decay_kind = decoupled};
  const std::vector<T> start{T(1), T(0), T(-2)};
  std::vector<T> w = start, g(3, T(1)), G(3);
  const auto parts = {"learning_rate * weight_decay is ", "cannot hold", "smaller"};
  CHECK(holds_all(refusal([&] { update(w, g, G, huge, options); }), parts));
  CHECK(holds_all(refusal([&] { reference::update(w, g, G, huge, options); }), parts));
  optimizer o({.learning_rate = huge});
  o.add("w", w, g, {.rule = options});
  CHECK(holds_all(refusal([&] { o.step(); }), parts));
  CHECK(holds_all(refusal([&] { (void)o.learning_rate(); }), parts));
  CHECK(w == start);
  CHECK(G == std::vector<T>(3));
  CHECK(o.iterations() == 0);
}

TEST_CASE_TEMPLATE("bad values are refused by name, before anything is written", T, float, double) {
  const auto data = usual_arrays<T>(9, 313);
  const auto check = [&](const update_options& options, std::initializer_list<const char*> parts) {
    for (const bool scalar : {false, true}) {
      auto copy = data;
      const std::string message = refusal([&] {
        if (scalar) reference::update(copy.parameters, copy.gradients, copy.accumulators, 0.1, options);
        else update(copy.parameters, copy.gradients, copy.accumulators, 0.1, options);
      });
      INFO("message: " << message);
      CHECK(holds_all(message, parts));
      CHECK(copy.parameters == data.parameters);
      CHECK(copy.accumulators == data.accumulators);
    }
    CHECK(holds_all(refusal([&] { optimizer o({.defaults = {.rule = options}}); }), parts));
  };
  for (const double bad : {nan_value, infinity, -1.0}) {
    check({.gradient_scale = bad}, {"gradient_scale is ", "use 1"});
    check({.weight_decay = bad}, {"weight_decay is ", "1e-4"});
  }
  for (const double bad : {nan_value, infinity, -0.5, 0.0, 1.5}) check({.accumulator_decay = bad}, {"accumulator_decay is ", "at most 1"});
  check({.accumulator_used = accumulator_use::before, .accumulator_decay = 0.9},
        {"accumulator_decay is 0.9 with accumulator_used before", "after"});
  check({.gradient_scale = 0}, {"gradient_scale is 0", "no gradient would be left"});
  for (const double bad : {nan_value, -infinity, -1.0, 0.0}) check({.clip_value = bad}, {"clip_value is ", "above 0", "infinity"});
  check({.decay_kind = static_cast<weight_decay_kind>(2)}, {"decay_kind is 2", "weight_decay_kind::decoupled"});
  check({.accumulate_rounding = static_cast<multiply_add>(2)}, {"accumulate_rounding is 2", "multiply_add::one_rounding"});
  check({.decay_rounding = static_cast<multiply_add>(9)}, {"decay_rounding is 9", "multiply_add::one_rounding"});
  check({.decay_kind = decoupled, .decay_rounding = fused}, {"decay_rounding is one_rounding", "decoupled", "coupled"});
  check({.accumulator_decay = 0.9, .freeze_accumulators = true}, {"accumulator_decay is 0.9", "freeze_accumulators", "use 1"});
  check({.accumulate_rounding = fused, .freeze_accumulators = true},
        {"accumulate_rounding is one_rounding", "freeze_accumulators", "use two_roundings"});
  check({.accumulator_used = accumulator_use::before, .freeze_accumulators = true},
        {"accumulator_used is before", "freeze_accumulators", "use accumulator_use::after"});
  for (const double bad : {nan_value, infinity, -infinity, -1.0}) {
    check({.proximal_l1 = bad}, {"proximal_l1 is ", "at least 0", "1e-4"});
    check({.proximal_l2 = bad}, {"proximal_l2 is ", "at least 0", "1e-4"});
  }
  if (sizeof(T) == 4) {
    std::vector<float> w(1, 1.0F), g(1, 1.0F), G(1);
    for (const update_options& options : {update_options{.gradient_scale = 1e39},
                                          {.clip_value = 1e39},
                                          {.weight_decay = 1e39},
                                          {.proximal_l1 = 1e39},
                                          {.proximal_l2 = 1e39}})
      CHECK(holds_all(refusal([&] { update(w, g, G, 0.1, options); }), {" is 1e+39, which float cannot hold"}));
    for (const update_options& options : {update_options{.gradient_scale = 1e-60}, {.clip_value = 1e-60}, {.accumulator_decay = 1e-60}})
      CHECK(holds_all(refusal([&] { update(w, g, G, 0.1, options); }), {" is 1e-60"}));
    CHECK(w[0] == 1.0F);
  }
}
