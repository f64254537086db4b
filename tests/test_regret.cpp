// Bounds proved in J. Duchi, E. Hazan, Y. Singer, JMLR 12 (2011): cheap, and they fail when the rule itself is wrong.
#include <algorithm>
#include <cmath>

#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr std::size_t dimensions = 37;
constexpr int rounds = 400;
constexpr threading serial{.threads = 1};

}  // namespace

// Lemma 4: sum over t and i of g_ti^2 / s_ti <= 2 * sum over i of s_Ti, where s_ti is the norm of g_1i .. g_ti. With rate 1 and epsilon 0 the step itself
// gives g/s: g^2/s = g * (w before - w after). Two sides of doubles: 1e-12 is ten thousand times the rounding of 15,000 terms; floats: the
// state's own rounding, 400 roundings of 2^-24 each, is below 1e-4. With the old G in the root the first quotients exceed the bound.
TEST_CASE_TEMPLATE("Lemma 4 holds for the state of every instruction set", T, float, double) {
  for_each_isa([&](const std::string&) {
    const auto left_and_right = [](accumulator_use use) {
      random_bits random(31);
      std::vector<T> w(dimensions, T(0)), g(dimensions), G(dimensions, T(0));
      double left = 0, right = 0;
      for (int t = 0; t < rounds; ++t) {
        for (T& x : g) x = static_cast<T>(random.between(-1, 1) * std::exp2(random.between(-6, 0)));
        std::vector<T> moved(dimensions, T(0));
        update(moved, g, G, 1.0, {.epsilon = 0, .accumulator_used = use}, serial);
        for (std::size_t i = 0; i < dimensions; ++i) left += static_cast<double>(g[i]) * -static_cast<double>(moved[i]);
      }
      for (const T x : G) right += 2 * std::sqrt(static_cast<double>(x));
      return std::pair(left, right);
    };
    const auto [left, right] = left_and_right(accumulator_use::after);
    CHECK(left > 0);
    CHECK(left <= right * (1 + (sizeof(T) == 4 ? 1e-4 : 1e-12)));
    const auto [old_left, old_right] = left_and_right(accumulator_use::before);
    CHECK(old_left > old_right);  // the bound is sharp enough to tell the rules apart
  });
}

// Corollary 6, for projections to a box of diameter D (largest difference of two points in any coordinate) and rate D / sqrt(2):
// regret <= sqrt(2) * D * sum over i of norm(g_1:T,i). Losses |w_i - a_ti| summed; the best fixed point is the median of each coordinate.
TEST_CASE_TEMPLATE("Corollary 6: the regret stays below its bound", T, float, double) {
  constexpr double low = -1, high = 1, diameter = high - low;
  for_each_isa([&](const std::string&) {
    random_bits random(37);
    std::vector<std::vector<double>> targets(dimensions);
    std::vector<T> w(dimensions, T(high)), g(dimensions), G(dimensions, T(0));
    double loss = 0;
    for (int t = 0; t < rounds; ++t) {
      for (std::size_t i = 0; i < dimensions; ++i) {
        const double target = std::clamp(0.8 * std::sin(static_cast<double>(i)) + random.between(-0.3, 0.3), low, high);
        targets[i].push_back(target);
        const double distance = static_cast<double>(w[i]) - target;
        loss += std::abs(distance);
        g[i] = distance > 0 ? T(1) : distance < 0 ? T(-1) : T(0);
      }
      update(w, g, G, diameter / std::sqrt(2.0), {.epsilon = 0}, serial);
      for (T& x : w) x = std::clamp(x, T(low), T(high));
    }
    double best = 0, norms = 0;
    for (std::size_t i = 0; i < dimensions; ++i) {
      auto& a = targets[i];
      std::ranges::sort(a);
      for (const double target : a) best += std::abs(target - a[a.size() / 2]);
      norms += std::sqrt(static_cast<double>(G[i]));
    }
    const double regret = loss - best, bound = std::sqrt(2.0) * diameter * norms;
    CHECK(regret > 0);
    CHECK(regret <= bound);
    CHECK(norms > 0.9 * dimensions * std::sqrt(static_cast<double>(rounds)));  // gradients of +-1: an accumulator that lost some shows
  });
}

// Regularised dual averaging with epsilon >= max|g| (the paper's delta): regret <= (epsilon/lr) * norm2(x)^2 + (1/lr) * norminf(x)^2 * S + lr * S against
// any fixed x, S as above. The same losses, over all space.
TEST_CASE_TEMPLATE("the regret of dual averaging stays below its bound", T, float, double) {
  constexpr double rate = 1, epsilon = 1;
  for_each_isa([&](const std::string&) {
    const auto regret_and_bound = [](const update_options& rule) {
      random_bits random(41);
      std::vector<std::vector<double>> targets(dimensions);
      std::vector<T> w(dimensions, T(0)), g(dimensions);
      std::vector<int> moved(dimensions);
      optimizer o({.learning_rate = rate, .how = serial});
      o.add("w", w, g, {.rule = rule, .method = method::dual_averaging});
      double loss = 0;
      for (int t = 0; t < rounds; ++t) {
        for (std::size_t i = 0; i < dimensions; ++i) {
          const double target = 0.8 * std::sin(static_cast<double>(i)) + random.between(-0.3, 0.3);
          targets[i].push_back(target);
          const double distance = static_cast<double>(w[i]) - target;
          loss += std::abs(distance);
          g[i] = distance > 0 ? T(1) : distance < 0 ? T(-1) : T(0);
          moved[i] += g[i] != 0;
        }
        o.step();
      }
      double best = 0, norms = 0, squares = 0, largest = 0;
      for (std::size_t i = 0; i < dimensions; ++i) {
        auto& a = targets[i];
        std::ranges::sort(a);
        const double median = a[a.size() / 2];
        for (const double target : a) best += std::abs(target - median);
        norms += std::sqrt(static_cast<double>(moved[i]));
        squares += median * median;
        largest = std::max(largest, std::abs(median));
      }
      return std::pair(loss - best, epsilon / rate * squares + largest * largest * norms / rate + rate * norms);
    };
    const auto [regret, bound] = regret_and_bound({.epsilon = epsilon});
    CHECK(regret > 0);
    CHECK(regret <= bound);
    // The bound tells the rule from others: without the root, and uphill.
    const auto [frozen, frozen_bound] = regret_and_bound({.epsilon = epsilon, .freeze_accumulators = true});
    CHECK(frozen > frozen_bound);
    const auto [climbing, climbing_bound] = regret_and_bound({.epsilon = epsilon, .maximize = true});
    CHECK(climbing > climbing_bound);
  });
}
