// Proximal terms after the move: the reference's bits everywhere, the manual's formulas, and what they must never do.
#include <limits>

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

constexpr auto fused = multiply_add::one_rounding;
constexpr auto inside = epsilon_place::inside_root;
constexpr auto before = accumulator_use::before;

const update_options all_terms[] = {
    {.proximal_l1 = 0.01},
    {.proximal_l2 = 0.01},
    {.proximal_l1 = 0.3, .proximal_l2 = 0.1},
    {.epsilon = 0, .proximal_l1 = 0.01, .proximal_l2 = 3},
    {.epsilon = 0.1, .epsilon_placement = inside, .proximal_l1 = 0.01},
    {.epsilon = 1e-8, .epsilon_placement = inside, .proximal_l2 = 0.01},
    {.epsilon = 0, .epsilon_placement = inside, .proximal_l1 = 0.3, .proximal_l2 = 0.1},
    {.accumulator_used = before, .proximal_l1 = 0.01},
    {.epsilon_placement = inside, .accumulator_used = before, .proximal_l1 = 0.01, .proximal_l2 = 0.1},
    {.accumulator_used = before, .accumulate_rounding = fused, .proximal_l2 = 0.1},
    {.accumulator_decay = 0.9, .accumulate_rounding = fused, .proximal_l1 = 0.1},
    {.freeze_accumulators = true, .proximal_l1 = 0.1, .proximal_l2 = 0.1},
    {.zero_accumulator_moves = false, .proximal_l1 = 0.1},
    {.gradient_scale = 1.0 / 3, .maximize = true, .clip_value = 0.7, .weight_decay = 0.1, .proximal_l1 = 0.1, .constraint = box(-0.5, 0.5)},
    {.weight_decay = 0.1, .decay_kind = weight_decay_kind::decoupled, .proximal_l1 = 0.1, .constraint = non_negative()},
};

// One step over one element, by the library's update on the present instruction set.
template <class T>
T after(T w, T g, T G, const update_options& options, double rate = 0.1) {
  update(std::span<T>(&w, 1), std::span<const T>(&g, 1), std::span<T>(&G, 1), rate, options);
  return w;
}

}  // namespace

TEST_CASE_TEMPLATE("proximal terms give the reference's bits on every instruction set, length and offset", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (std::size_t k = 0; k < std::size(all_terms); ++k)
      for (const std::size_t n : lengths)
        for (std::size_t offset = 0; offset < (n < 100 ? 4 : 1); offset += thin ? 3 : 1) {
          CAPTURE(k);
          check_update<T>(all_terms[k], n, offset, 401);
        }
  });
}

TEST_CASE_TEMPLATE("proximal terms are the formulas", T, float, double) {
  for (const auto& options : all_terms)
    for (const double rate : {0.1, 0.0, 1e-30, 7.0}) {
      check_formulas(options, usual_arrays<T>(999, 403), rate);
      check_formulas(options, mixed_arrays<T>(999, 405), rate);
    }
}

TEST_CASE_TEMPLATE("each proximal term does something, for exact and fast, short and long arrays", T, float, double) {
  for (auto options : all_terms) {
    auto without = options;
    without.proximal_l1 = without.proximal_l2 = 0;
    options.constraint = without.constraint = {};  // it could hide the difference
    check_does_something<T>(options, without);
    if (options.proximal_l1 == 0 || options.proximal_l2 == 0) continue;
    without.proximal_l1 = options.proximal_l1;
    check_does_something<T>(options, without);
    without.proximal_l1 = 0;
    without.proximal_l2 = options.proximal_l2;
    check_does_something<T>(options, without);
  }
}

TEST_CASE_TEMPLATE("proximal terms are exact in either mode", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (auto options : all_terms) {
      auto exact = mixed_arrays<T>(1025, 407), fast = exact;
      update(exact.parameters, exact.gradients, exact.accumulators, 0.1, options);
      options.mode = arithmetic::fast;
      update(fast.parameters, fast.gradients, fast.accumulators, 0.1, options);
      CHECK(first_difference(exact.parameters, fast.parameters) == 1025);
      CHECK(first_difference(exact.accumulators, fast.accumulators) == 1025);
    }
  });
}

TEST_CASE_TEMPLATE("a weight that never had a gradient keeps its value, whatever the strength", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const auto place : {epsilon_place::outside_root, inside})
      for (const double epsilon : {0.0, 1e-8, 0.1})
        for (const auto use : {accumulator_use::after, before}) {
          const update_options options{
              .epsilon = epsilon, .epsilon_placement = place, .accumulator_used = use, .proximal_l1 = 100, .proximal_l2 = 100};
          const auto start = usual_arrays<T>(1025, 409);
          auto data = start;
          std::fill(data.gradients.begin(), data.gradients.end(), T(0));
          std::fill(data.accumulators.begin(), data.accumulators.end(), T(0));
          update(data.parameters, data.gradients, data.accumulators, 0.1, options);
          CHECK(first_difference(data.parameters, start.parameters) == 1025);
          // One with a gradient is wiped out, but with the accumulator before it, which is 0 too.
          if (use == before) CHECK(after(T(1), T(0x1p-10), T(0), {.epsilon = 1, .accumulator_used = before, .proximal_l1 = 100}) > T(0.9));
          else CHECK(after(T(1), T(1), T(0), options) == T(0));
        }
  });
}

TEST_CASE_TEMPLATE("L1 shrinks to exact zeros with the sign that was, and no further", T, float, double) {
  for_each_isa([&](const std::string&) {
    // H is 2: the move is 0 without gradient, the threshold 0.5 * 1 / 2.
    const auto shrunk = [](T w) { return after(w, T(0), T(4), {.epsilon = 0, .proximal_l1 = 1}, 0.5); };
    CHECK(same(shrunk(T(1)), T(0.75)));
    CHECK(same(shrunk(T(-1)), T(-0.75)));
    CHECK(same(shrunk(T(0.25)), T(0)));
    CHECK(same(shrunk(T(-0.25)), T(-0.0)));
    CHECK(same(shrunk(T(0.1)), T(0)));
    CHECK(same(shrunk(T(-0.1)), T(-0.0)));
    CHECK(same(shrunk(T(0)), T(0)));
    CHECK(same(shrunk(T(-0.0)), T(-0.0)));
    CHECK(same(shrunk(std::numeric_limits<T>::denorm_min()), T(0)));
    CHECK(same(shrunk(std::numeric_limits<T>::infinity()), std::numeric_limits<T>::infinity()));
    CHECK(std::isnan(shrunk(std::numeric_limits<T>::quiet_NaN())));
    // The larger the accumulator, the smaller the threshold.
    CHECK(same(after(T(1), T(0), T(1), {.epsilon = 0, .proximal_l1 = 1}, 0.5), T(0.5)));
    // L2 divides by 1 + 0.5 * 1 / 2, after L1 if there is any.
    CHECK(same(after(T(1), T(0), T(4), {.epsilon = 0, .proximal_l2 = 1}, 0.5), T(1) / T(1.25)));
    CHECK(same(after(T(1), T(0), T(4), {.epsilon = 0, .proximal_l1 = 1, .proximal_l2 = 1}, 0.5), T(0.75) / T(1.25)));
  });
}

TEST_CASE_TEMPLATE("NaN stays NaN, infinities and subnormals are what the formula gives", T, float, double) {
  using limits = std::numeric_limits<T>;
  const T inf = limits::infinity(), nan = limits::quiet_NaN(), tiny = limits::denorm_min();
  const T values[] = {T(0), T(-0.0), T(1), T(-1), tiny, -tiny, limits::min(), limits::max(), limits::lowest(), inf, -inf, nan};
  arrays<T> all;
  for (const T w : values)
    for (const T g : values)
      for (const T G : values) {
        all.parameters.push_back(w);
        all.gradients.push_back(g);
        all.accumulators.push_back(G);
      }
  for_each_isa([&](const std::string&) {
    for (const auto& options : all_terms)
      for (const double rate : {0.0, 1e-40, 0.1}) check_formulas(options, all, rate);
    for (const double l2 : {0.0, 1.0}) {
      const update_options options{.proximal_l1 = 1, .proximal_l2 = l2};
      CHECK(std::isnan(after(nan, T(1), T(1), options)));
      CHECK(std::isnan(after(T(1), nan, T(1), options)));
      CHECK(std::isnan(after(T(1), T(1), nan, options)));
    }
  });
}

TEST_CASE_TEMPLATE("proximal terms give many exact zeros in training, and none where there is no L1", T, float, double) {
  // Losses (w_i - a_i)^2 / 2 with a_i = 0 for three of four.
  const auto zeros = [](const update_options& options) {
    constexpr std::size_t n = 400;
    random_bits random(411);
    std::vector<T> w(n), g(n), G(n);
    for (T& x : w) x = usual_value<T>(random);
    for (int step = 0; step < 2000; ++step) {
      for (std::size_t i = 0; i < n; ++i) g[i] = w[i] - (i % 4 == 0 ? T(2) : T(0)) + static_cast<T>(random.between(-0.01, 0.01));
      update(w, g, G, 0.5, options, {.threads = 1});
    }
    return std::pair(std::count(w.begin(), w.end(), T(0)), w[0]);
  };
  const auto [none, unbiased] = zeros({});
  const auto [sparse, shrunk] = zeros({.proximal_l1 = 0.1});
  CHECK(none == 0);
  CHECK(sparse == 300);
  CHECK(unbiased == doctest::Approx(2).epsilon(0.02));
  CHECK(shrunk == doctest::Approx(1.9).epsilon(0.02));  // the minimum of (w - 2)^2 / 2 + 0.1 * |w|
}

TEST_CASE_TEMPLATE("proximal updates touch nothing outside of their arrays", T, float, double) {
  using array = guarded<T>;
  for_each_isa([&](const std::string&) {
    for (const std::size_t n : {std::size_t(0), std::size_t(1), std::size_t(13), std::size_t(1029)})
      for (const auto side : {array::against::end, array::against::begin})
        for (const auto& options : all_terms) {
          const auto data = usual_arrays<T>(n, 413);
          const array w(data.parameters, side), g(data.gradients, side), G(data.accumulators, side);
          update(w.get(), g.get(), G.get(), 0.1, options);
          CHECK(first_difference(std::span<const T>(g.get()), std::span<const T>(data.gradients)) == n);
        }
  });
}

TEST_CASE_TEMPLATE("a rate times a strength that the type cannot hold is refused before the first write", T, float, double) {
  const double huge = sizeof(T) == 4 ? 1e30 : 1e200;
  for (const bool l1 : {true, false}) {
    const update_options options{.proximal_l1 = l1 ? huge : 0, .proximal_l2 = l1 ? 0 : huge};
    const std::vector<T> start{T(1), T(0), T(-2)};
    std::vector<T> w = start, g(3, T(1)), G(3);
    const auto parts = {l1 ? "learning_rate * proximal_l1 is " : "learning_rate * proximal_l2 is ", "cannot hold", "smaller"};
    CHECK(holds_all(refusal([&] { update(w, g, G, huge, options); }), parts));
    CHECK(holds_all(refusal([&] { reference::update(w, g, G, huge, options); }), parts));
    optimizer o({.learning_rate = huge});
    o.add("w", w, g, {.rule = options});
    CHECK(holds_all(refusal([&] { o.step(); }), parts));
    CHECK(holds_all(refusal([&] { o.step(); }), {"parameter \"w\""}));
    CHECK(w == start);
    CHECK(G == std::vector<T>(3));
    CHECK(o.iterations() == 0);
  }
}
