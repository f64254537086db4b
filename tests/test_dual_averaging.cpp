// Regularised dual averaging: the optimizer's bits are the reference's, the formula is the manual's, and L1 gives exact zeros.
#include <algorithm>
#include <limits>

#include "support/bits.hpp"
#include "support/by_hand.hpp"
#include "support/random_options.hpp"
#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"
#include "support/update_check.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr auto fused = multiply_add::one_rounding;
constexpr auto inside = epsilon_place::inside_root;
constexpr auto before = accumulator_use::before;
constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();

const update_options all_rules_of_it[] = {
    {},
    {.epsilon = 1},
    {.proximal_l1 = 0.01},
    {.proximal_l2 = 0.01},
    {.proximal_l1 = 0.3, .proximal_l2 = 0.1},
    {.epsilon = 0, .proximal_l1 = 1e-3},
    {.epsilon = 0.1, .epsilon_placement = inside, .proximal_l2 = 0.1},
    {.epsilon = 0, .epsilon_placement = inside, .proximal_l1 = 0.3, .proximal_l2 = 0.1},
    {.accumulator_used = before, .proximal_l1 = 0.01},
    {.accumulator_used = before, .accumulate_rounding = fused},
    {.accumulator_decay = 0.9, .proximal_l2 = 0.01},
    {.freeze_accumulators = true, .proximal_l1 = 0.01},
    {.gradient_scale = 1.0 / 3, .maximize = true, .clip_value = 0.7, .weight_decay = 0.1, .decay_rounding = fused, .proximal_l1 = 0.1},
    {.zero_accumulator_moves = false, .constraint = box(-0.5, 0.5)},
};

parameter_options dual(const update_options& rule) { return {.rule = rule, .method = method::dual_averaging}; }

// Arrays of an optimizer, of the reference and of the manual's formula, side by side.
template <class T>
struct three {
  arrays<T> ours, reference, by_hand;
  std::vector<T> reference_sums, hand_sums;

  explicit three(const arrays<T>& start)
      : ours(start), reference(start), by_hand(start), reference_sums(start.gradients.size()), hand_sums(start.gradients.size()) {}

  void add_to(optimizer& o, const std::string& name, const update_options& rule) {
    o.add(name, ours.parameters, ours.gradients, dual(rule));
    o.set_accumulators(name, ours.accumulators);
  }

  void new_gradients(random_bits& random) {
    for (T& g : ours.gradients) g = random() % 8 ? usual_value<T>(random) : any_value<T>(random);
    reference.gradients = by_hand.gradients = ours.gradients;
  }

  void step(double rate, std::uint64_t iterations, const update_options& rule) {
    reference::dual_average(reference.parameters, reference.gradients, reference_sums, reference.accumulators, rate, iterations, rule);
    dual_step_by_hand(by_hand, hand_sums, rate, static_cast<double>(iterations) + 1, rule);
  }

  void check(optimizer& o, const std::string& name) const {
    const std::size_t n = ours.parameters.size();
    const auto same_as = [n](std::span<const T> a, std::span<const T> b) { return first_difference(a, b) == n; };
    CHECK(same_as(ours.parameters, reference.parameters));
    CHECK(same_as(o.accumulators<T>(name), reference.accumulators));
    CHECK(same_as(o.state_of<T>(name, state_array::gradient_sums), reference_sums));
    CHECK(same_as(by_hand.parameters, reference.parameters));
    CHECK(same_as(by_hand.accumulators, reference.accumulators));
    CHECK(same_as(hand_sums, reference_sums));
  }
};

template <class T>
arrays<T> start_arrays(std::size_t n, std::uint64_t seed) {
  auto a = mixed_arrays<T>(n, seed);
  for (T& G : a.accumulators)
    if (!(G >= 0)) G = T(0);  // as an optimizer takes them
  return a;
}

}  // namespace

TEST_CASE_TEMPLATE("an optimizer's dual averaging is the reference and the formula on every instruction set and length", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const std::size_t n : lengths) {
      if (thin && n > 64 && n % 2 == 0) continue;
      CAPTURE(n);
      const inverse_time schedule{.learning_rate = 0.3, .decay = 0.1};
      optimizer o({.learning_rate = schedule});
      std::vector<three<T>> all;
      for (std::size_t k = 0; k < std::size(all_rules_of_it); ++k) all.emplace_back(start_arrays<T>(n, 501 + k));
      for (std::size_t k = 0; k < all.size(); ++k) all[k].add_to(o, std::to_string(k), all_rules_of_it[k]);
      random_bits random(503);
      for (std::uint64_t step = 0; step < 4; ++step) {
        for (std::size_t k = 0; k < all.size(); ++k) all[k].new_gradients(random);
        for (std::size_t k = 0; k < all.size(); ++k) all[k].step(schedule(step), step, all_rules_of_it[k]);
        o.set_threading({.threads = unsigned(1 + 7 * step / 3), .serial_below = 0});
        o.step();
      }
      for (std::size_t k = 0; k < all.size(); ++k) {
        CAPTURE(k);
        all[k].check(o, std::to_string(k));
      }
    }
  });
}

TEST_CASE_TEMPLATE("dual averaging with any combination of options, for late iterations too", T, float, double) {
  for_each_isa([&](const std::string&) {
    random_bits random(507);
    for (int round = 0; round < (thin ? 40 : 300); ++round) {
      CAPTURE(round);
      auto rule = random_rule(random);
      rule.decay_kind = weight_decay_kind::coupled;
      constexpr std::uint64_t late[] = {0, 1, 1000, (1ull << 24) + 1, (1ull << 32) + 3, (1ull << 53) + 1};
      const std::uint64_t iterations = one_of(late, random);
      const double rate = random.between(0, 1);
      optimizer o({.learning_rate = rate, .how = {.threads = unsigned(1 + random() % 3), .serial_below = 0}});
      o.set_iterations(iterations);
      three<T> data(start_arrays<T>(one_of(lengths, random), random()));
      data.add_to(o, "w", rule);
      for (std::uint64_t step = 0; step < 3; ++step) {
        data.new_gradients(random);
        data.step(rate, iterations + step, rule);
        o.step();
      }
      data.check(o, "w");
    }
  });
}

TEST_CASE_TEMPLATE("a step of dual averaging worked out by hand", T, float, double) {
  for_each_isa([&](const std::string&) {
    std::vector<T> w{T(7), T(7), T(7), T(-7)}, g{T(3), T(-3), T(0.5), T(0)};
    optimizer o({.learning_rate = 2});
    o.add("w", w, g, dual({.epsilon = 1, .proximal_l1 = 1}));
    o.add("none", std::span<T>(), std::span<const T>(), dual({}));
    o.step();  // H = |g| + 1, s = |g| - 1 with g's sign: the parameters as they were do not count
    CHECK(w == std::vector<T>{T(-1), T(1), T(0), T(0)});
    g = {T(4), T(-4), T(0), T(0)};
    o.step();  // sums 7, -7, 0.5, 0; H = 5 + 1; s = 7 - 2
    CHECK(w == std::vector<T>{T(-2) * 5 / 6, T(2) * 5 / 6, T(0), T(0)});
    CHECK(o.state_of<T>("w", state_array::gradient_sums)[0] == T(7));
    o.change_options("w", [](parameter_options& options) { options.rule.proximal_l2 = 0.5; });
    g[0] = g[1] = T(0);
    o.step();  // s = 7 - 3, H = 6 and 2 * 0.5 * 3 more
    CHECK(w[0] == T(-2) * 4 / 9);
  });
}

TEST_CASE_TEMPLATE("a zero denominator leaves the parameter, NaN stays, sums may cancel", T, float, double) {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  for_each_isa([&](const std::string&) {
    for (const double l1 : {0.0, 0.5}) {
      std::vector<T> w(5, T(3)), g{T(0), nan, T(-0.0), T(1), std::numeric_limits<T>::infinity()};
      optimizer o({.learning_rate = 0.5});
      o.add("w", w, g, dual({.epsilon = 0, .proximal_l1 = l1, .proximal_l2 = l1}));
      o.step();
      CHECK(w[0] == T(3));
      CHECK(std::isnan(w[1]));
      CHECK(w[2] == T(3));
      CHECK(w[3] < T(0));
      CHECK(std::isnan(w[4]));
      g = {T(1), T(1), T(0), T(-1), T(0)};
      o.step();
      CHECK(w[0] < (l1 > 0 ? T(0.1) : T(0)));
      CHECK(std::isnan(w[1]));
      CHECK(w[2] == T(3));
      CHECK(w[3] == T(0));
    }
  });
}

TEST_CASE_TEMPLATE("L1 gives exact zeros where the mean gradient is below it", T, float, double) {
  constexpr std::size_t n = 1025;
  for_each_isa([&](const std::string&) {
    const auto zeros = [&](double l1) {
      std::vector<T> w(n, T(1)), g(n);
      optimizer o({.learning_rate = 0.1});
      o.add("w", w, g, dual({.proximal_l1 = l1}));
      random_bits random(509);
      for (int step = 0; step < 200; ++step) {
        for (std::size_t i = 0; i < n; ++i) g[i] = static_cast<T>((i % 5 == 0 ? 0.5 : 0.05) + random.between(-0.04, 0.04));
        o.step();
      }
      for (std::size_t i = 0; i < n; i += 5) CHECK(w[i] < T(0));
      return std::count(w.begin(), w.end(), T(0));
    };
    CHECK(zeros(0) == 0);
    CHECK(zeros(0.1) == n - (n + 4) / 5);
  });
}

TEST_CASE_TEMPLATE("what does not go with dual averaging is refused, and nothing is written", T, float, double) {
  const std::vector<T> start{T(1), T(2)};
  std::vector<T> w = start, g(2, T(1)), sums(2), G(2);
  const auto untouched = [&] { return w == start && sums == std::vector<T>(2) && G == std::vector<T>(2); };
  const auto refused = [&](double rate, std::uint64_t iterations, const update_options& rule) {
    const auto message = refusal([&] { reference::dual_average(w, g, sums, G, rate, iterations, rule); });
    CHECK(untouched());
    return message;
  };
  const update_options decoupled{.weight_decay = 0.1, .decay_kind = weight_decay_kind::decoupled};
  CHECK(holds_all(refused(0.1, 0, decoupled), {"weight_decay is 0.1", "dual_averaging", "proximal_l2"}));
  CHECK(holds_all(refused(0.1, 0, {.constraint = max_norm(1)}), {"constraint", "shape"}));
  for (const double bad : {nan_value, infinity, -0.1}) CHECK(holds_all(refused(bad, 0, {}), {"learning_rate is "}));
  CHECK(holds_all(refusal([&] { reference::dual_average(w, g, std::span<T>(sums).first(1), G, 0.1, 0); }),
                  {"gradient_sums has 1 elements in place of 2"}));
  const double huge = sizeof(T) == 4 ? 1e30 : 1e300;
  const update_options l1{.proximal_l1 = huge}, l2{.proximal_l2 = huge};
  constexpr std::uint64_t late = 1'000'000'000'000;
  for (const auto& [rule, field] : {std::pair(l1, "proximal_l1 * t is "), std::pair(l2, "(learning_rate * proximal_l2) * t is ")}) {
    CHECK(holds_all(refused(1, late, rule), {field, "cannot hold", "smaller"}));
    optimizer o({.learning_rate = 1});
    o.add("w", w, g, dual(rule));
    o.set_iterations(late);
    CHECK(holds_all(refusal([&] { o.step(); }), {"parameter \"w\"", field, "cannot hold", "iteration 1000000000000"}));
    CHECK(o.iterations() == late);
    CHECK(untouched());
  }
  optimizer o;
  CHECK(holds_all(refusal([&] { o.add("w", w, g, dual(decoupled)); }), {"parameter \"w\": weight_decay is 0.1", "proximal_l2"}));
  CHECK(o.size() == 0);
  CHECK_NOTHROW(o.add("w", w, g, dual({.weight_decay = 0.1})));
}
