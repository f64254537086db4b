// Gradients that are not finite: skipped steps leave every byte as it was, wherever the NaN stands and whatever it came from.
#include <algorithm>
#include <cstring>
#include <limits>

#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();

template <class T>
bool same_bytes(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

// Three parameters, the second of the other type, with all the arrays that there are.
template <class T>
struct three {
  using other = std::conditional_t<sizeof(T) == 4, double, float>;
  std::vector<T> w, g, v, h;
  std::vector<other> x, y;
  optimizer o;

  explicit three(optimizer_options options, std::size_t n = 9000) : w(n), g(n), v(n), h(n), x(n), y(n), o(std::move(options)) {
    random_bits random(5);
    for (auto* array : {&w, &g, &v, &h})
      for (T& each : *array) each = usual_value<T>(random);
    for (auto* array : {&x, &y})
      for (other& each : *array) each = usual_value<other>(random);
    o.add("w", w, std::span<const T>(g));
    o.add("x", x, std::span<const other>(y));
    o.add("v", v, std::span<const T>(h));
  }

  struct bytes {
    std::vector<std::vector<T>> of_w;
    std::vector<std::vector<other>> of_x;
    bool operator==(const bytes& that) const {
      const auto same = [](const auto& a, const auto& b) { return same_bytes<typename std::decay_t<decltype(a)>::value_type>(a, b); };
      return std::ranges::equal(of_w, that.of_w, same) && std::ranges::equal(of_x, that.of_x, same);
    }
  };
  bytes kept() {
    bytes all{{w, v}, {x}};
    for (const auto array : {state_array::accumulators, state_array::gradient_sums, state_array::averages}) {
      for (const char* name : {"w", "v"}) {
        const auto state = o.state_of<T>(name, array);
        all.of_w.emplace_back(state.begin(), state.end());
      }
      const auto state = o.state_of<other>("x", array);
      all.of_x.emplace_back(state.begin(), state.end());
    }
    return all;
  }
};

optimizer_options with_everything(non_finite_policy policy, unsigned threads) {
  return {.learning_rate = 0.1,
          .defaults = {.method = method::dual_averaging, .average = {.enabled = true, .momentum = 0.9}},
          .non_finite = policy,
          .how = {.threads = threads, .serial_below = 0}};
}

}  // namespace

TEST_CASE_TEMPLATE("skip: a NaN or an infinity in any place leaves every byte, is counted and found, and training goes on", T, float,
                   double) {
  for_each_isa([&](const std::string&) {
    for (const unsigned threads : {1u, 3u}) {
      three<T> t(with_everything(non_finite_policy::skip, threads)), never(with_everything(non_finite_policy::skip, threads));
      CHECK(t.o.step().outcome == step_outcome::moved);
      never.o.step();
      const auto before = t.kept();
      for (const std::size_t at : {0, 1, 15, 16, 511, 512, 1023, 1024, 4095, 4096, 4097, 8191, 8192, 8998, 8999})
        for (const double bad : {nan_value, infinity, -infinity})
          for (const std::size_t parameter : {0, 1, 2}) {
            CAPTURE(at);
            CAPTURE(parameter);
            const T kept = parameter == 0 ? t.g[at] : t.h[at];
            const auto kept_x = t.y[at];
            if (parameter == 0) t.g[at] = static_cast<T>(bad);
            else if (parameter == 1) t.y[at] = static_cast<typename three<T>::other>(bad);
            else t.h[at] = static_cast<T>(bad);
            const step_report report = t.o.step();
            CHECK(report.outcome == step_outcome::skipped);
            CHECK(report.non_finite == 1);
            CHECK(report.first_parameter == parameter);
            CHECK(report.first_index == at);
            CHECK(report.iteration == 1);
            CHECK(t.o.iterations() == 1);
            CHECK((t.kept() == before));
            (parameter == 0 ? t.g : t.h)[at] = kept;
            t.y[at] = kept_x;
          }
      CHECK((t.kept() == before));
      CHECK(t.o.step().non_finite == 0);
      CHECK(never.o.step().outcome == step_outcome::moved);
      CHECK((t.kept() == never.kept()));  // as if nothing had been
      CHECK(t.o.iterations() == 2);
    }
  });
}

TEST_CASE("skip: many are counted over all parameters, and the first is the first in the order of addition, for any thread count") {
  for (const unsigned threads : {1u, 2u, 3u, 8u}) {
    CAPTURE(threads);
    three<float> t(with_everything(non_finite_policy::skip, threads), 20'000);
    t.g[19'999] = std::numeric_limits<float>::quiet_NaN();
    for (double& y : t.y) y = infinity;
    t.h[0] = -std::numeric_limits<float>::infinity();
    const step_report report = t.o.step();
    CHECK(report.non_finite == 20'002);
    CHECK(report.first_parameter == 0);
    CHECK(report.first_index == 19'999);
    t.o.detach_gradients("w");
    CHECK(t.o.step().first_parameter == 1);
    CHECK(t.o.step().non_finite == 20'001);
  }
}

TEST_CASE("what gradient_scale makes infinite is not finite, and what it does not is") {
  std::vector<float> w(5000, 1), g(5000, 1);
  std::vector<double> x(5000, 1), y(5000, 1);
  optimizer o({.non_finite = non_finite_policy::skip});
  o.add("w", w, g, {.rule = {.gradient_scale = 4}});
  o.add("x", x, y, {.rule = {.gradient_scale = 4, .maximize = true}});
  g[4500] = std::numeric_limits<float>::max() / 4;
  y[4500] = std::numeric_limits<double>::max() / 4;
  CHECK(o.step().outcome == step_outcome::moved);
  y[4400] = std::numeric_limits<double>::max() / 2;
  step_report report = o.step();
  CHECK(report.outcome == step_outcome::skipped);
  CHECK(report.first_parameter == 1);
  CHECK(report.first_index == 4400);
  g[4499] = std::numeric_limits<float>::max() / 2;
  report = o.step();
  CHECK(report.non_finite == 2);
  CHECK(report.first_parameter == 0);
  CHECK(report.first_index == 4499);
}

TEST_CASE("clipping by value or norm does not hide what is not finite") {
  for (const auto order : {clip_order::norms_then_value, clip_order::value_then_norms}) {
    std::vector<float> w(100, 1), g(100, 1);
    g[50] = std::numeric_limits<float>::infinity();
    optimizer o({.non_finite = non_finite_policy::skip, .global_clip_norm = 1, .clip_order = order});
    o.add("w", w, g, {.rule = {.clip_value = 0.5}});
    CHECK(o.step().outcome == step_outcome::skipped);
    CHECK(w == std::vector<float>(100, 1));
  }
}

TEST_CASE("skip zeroes the gradients where that was asked for, and only there") {
  std::vector<float> w(3000, 1), g(3000, 2), v(3000, 1), h(3000, 2);
  h[7] = std::numeric_limits<float>::quiet_NaN();
  optimizer o({.non_finite = non_finite_policy::skip, .how = {.threads = 2, .serial_below = 0}});
  o.add("w", w, g, {.zero_gradients = true});
  o.add("v", v, h);
  CHECK(o.step().outcome == step_outcome::skipped);
  CHECK(g == std::vector<float>(3000, 0));
  CHECK(h[0] == 2);
  CHECK(w == v);
  CHECK(w == std::vector<float>(3000, 1));
}

TEST_CASE("skip drops the window: what was pending is gone, and the next call is its first") {
  for (const auto counts : {gradient_accumulation::counting::updates, gradient_accumulation::counting::calls}) {
    std::vector<float> w(2000, 1), g(2000, 1);
    optimizer o({.learning_rate = 0.5, .non_finite = non_finite_policy::skip, .accumulation = {.calls = 3, .counts = counts}});
    o.add("w", w, g, {.rule = {.epsilon = 0}});
    o.step();
    o.step();
    const std::uint64_t before = o.iterations();
    g[1999] = std::numeric_limits<float>::infinity();
    const step_report report = o.step();
    CHECK(report.outcome == step_outcome::skipped);
    CHECK(report.first_index == 1999);
    CHECK(o.iterations() == before);
    for (const float pending : o.state_of<float>("w", state_array::pending_gradients)) CHECK(pending == 0);
    g.assign(2000, 2);
    CHECK(o.step().outcome == step_outcome::accumulated);
    CHECK(o.step().outcome == step_outcome::accumulated);
    CHECK(w == std::vector<float>(2000, 1));
    CHECK(o.step().outcome == step_outcome::moved);
    CHECK(o.accumulators<float>("w")[0] == 4);  // the mean of three times 2: nothing of the first two calls
    CHECK(w == std::vector<float>(2000, 0.5F));
  }
}

TEST_CASE("pending sums that overflow are not finite, also where a parameter has lost its gradients") {
  constexpr float large = 3e38F;
  std::vector<float> w(100, 1), g(100, large), v(100, 1), h(100, 1);
  optimizer o({.non_finite = non_finite_policy::skip, .accumulation = {.calls = 3}});
  o.add("v", v, h);
  o.add("w", w, g);
  CHECK(o.step().outcome == step_outcome::accumulated);
  const step_report report = o.step();  // 6e38
  CHECK(report.outcome == step_outcome::skipped);
  CHECK(report.non_finite == 100);
  CHECK(report.first_parameter == 1);
  std::vector<float> bad(100, 0);
  bad[3] = std::numeric_limits<float>::quiet_NaN();
  o.detach_gradients("w");
  o.set_state("w", state_array::pending_gradients, bad);
  CHECK(o.step().first_index == 3);
  for (int call = 0; call < 2; ++call) CHECK(o.step().outcome == step_outcome::accumulated);
  CHECK(o.step().outcome == step_outcome::moved);
  CHECK(w == std::vector<float>(100, 1));
}

TEST_CASE_TEMPLATE("error: throws with name, index and remedy before any write; the window stays as it was", T, float, double) {
  optimizer_options options = with_everything(non_finite_policy::error, 2);
  options.accumulation.calls = 2;
  options.defaults.zero_gradients = true;
  three<T> t(options);
  t.o.step();
  for (T& g : t.g) g = 1;
  t.h[8000] = std::numeric_limits<T>::quiet_NaN();
  t.y[4242] = std::numeric_limits<typename three<T>::other>::infinity();
  const auto before = t.kept();
  const auto pending = t.o.template state_of<T>("w", state_array::pending_gradients);
  const std::vector<T> pending_before(pending.begin(), pending.end());
  for (int again = 0; again < 2; ++again) {
    const std::string message = refusal([&] { t.o.step(); });
    CHECK(holds_all(message, {"parameter \"x\": gradients[4242] is not finite", "(2 such in all)", "gradient_scale", "skip"}));
    CHECK((t.kept() == before));
    CHECK(same_bytes<T>(pending, pending_before));
    CHECK(t.g[0] == 1);
    CHECK(t.o.iterations() == 0);
  }
  t.h[8000] = t.y[4242] = 0;
  CHECK(t.o.step().outcome == step_outcome::moved);  // the second call of the window
}

TEST_CASE_TEMPLATE("propagate: IEEE arithmetic takes its course, and nothing is counted", T, float, double) {
  std::vector<T> w(2000, T(1)), g(2000, T(1)), G(2000), expected = w;
  g[5] = std::numeric_limits<T>::quiet_NaN();
  g[1500] = std::numeric_limits<T>::infinity();
  optimizer o({.learning_rate = 0.1});
  o.add("w", w, std::span<const T>(g));
  const step_report report = o.step();
  CHECK(report.non_finite == 0);
  CHECK(report.outcome == step_outcome::moved);
  reference::update(expected, g, G, 0.1);
  CHECK(first_difference(w, expected) == 2000);
  CHECK(first_difference(o.accumulators<T>("w"), std::span<const T>(G)) == 2000);
  CHECK(std::isnan(w[5]));
  CHECK(std::isnan(w[1500]));
  CHECK(std::isinf(o.accumulators<T>("w")[1500]));
}
