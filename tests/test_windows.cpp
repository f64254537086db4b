// Gradients of several calls before one moves: mean and sum, where a window begins and ends, what is pending for whom.
#include <limits>

#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

using reduction = gradient_accumulation::reduction;
using counting = gradient_accumulation::counting;

template <class T>
T pending(optimizer& o, const char* name, std::size_t i = 0) {
  return o.state_of<T>(name, state_array::pending_gradients)[i];
}

}  // namespace

TEST_CASE_TEMPLATE("a window of calls is one update with the mean or the sum, each operation rounded", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const auto combine : {reduction::mean, reduction::sum})
      for (const bool maximize : {false, true})
        for (const std::size_t n : {1, 7, 16, 1024, 5001}) {
          const update_options rule{.gradient_scale = 1.0 / 3, .maximize = maximize, .clip_value = 2, .weight_decay = 0.01};
          const auto start = usual_arrays<T>(n, 41);
          auto ours = start, expected = start;
          optimizer o({.learning_rate = inverse_time{0.1, 0.5},
                       .accumulation = {.calls = 3, .combine = combine},
                       .how = {.threads = 2, .serial_below = 0}});
          o.add("w", ours.parameters, std::span<const T>(ours.gradients), {.rule = rule});
          o.set_accumulators("w", start.accumulators);
          random_bits random(7);
          for (std::uint64_t window = 0; window < 3; ++window) {
            std::vector<T> sum(n);
            for (int call = 0; call < 3; ++call) {
              for (std::size_t i = 0; i < n; ++i) {
                ours.gradients[i] = usual_value<T>(random);
                sum[i] = (ours.gradients[i] * static_cast<T>(1.0 / 3)) + sum[i];
              }
              const auto before = ours;
              const step_report report = o.step();
              CHECK(report.iteration == window);
              CHECK(report.outcome == (call < 2 ? step_outcome::accumulated : step_outcome::moved));
              CHECK(first_difference(ours.gradients, before.gradients) == n);  // only read
              if (call < 2) CHECK(first_difference(ours.parameters, before.parameters) == n);
              if (call < 2) CHECK(first_difference(o.state_of<T>("w", state_array::pending_gradients), std::span<const T>(sum)) == n);
            }
            CHECK(o.iterations() == window + 1);
            CHECK(pending<T>(o, "w", n - 1) == 0);
            update_options rest = rule;
            rest.gradient_scale = 1;
            if (combine == reduction::mean)
              for (T& x : sum) x = x / 3;
            reference::update(expected.parameters, sum, expected.accumulators, inverse_time{0.1, 0.5}(window), rest);
            CHECK(first_difference(ours.parameters, expected.parameters) == n);
            CHECK(first_difference(o.accumulators<T>("w"), std::span<const T>(expected.accumulators)) == n);
          }
        }
  });
}

TEST_CASE("counting calls: the schedule is asked with calls; a move counts like any other call") {
  std::vector<float> w(3, 1), g(3, 1);
  std::vector<std::uint64_t> asked;
  optimizer o({.learning_rate =
                   [&](std::uint64_t it) {
                     asked.push_back(it);
                     return 0.125 * static_cast<double>(it + 1);
                   },
               .accumulation = {.calls = 3, .counts = counting::calls}});
  o.add("w", w, g, {.rule = {.epsilon = 0}});
  for (int call = 0; call < 6; ++call) o.step();
  CHECK(asked == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5});
  CHECK(o.iterations() == 6);
  const float expected = 1 - 0.375F - (0.75F * 1) / std::sqrt(2.0F);  // moved by the rates of calls 3 and 6
  CHECK(w[0] == expected);
}

TEST_CASE("counting updates: the schedule sees finished updates") {
  std::vector<float> w(3, 1), g(3, 1);
  std::vector<std::uint64_t> asked;
  optimizer o({.learning_rate =
                   [&](std::uint64_t it) {
                     asked.push_back(it);
                     return 0.1;
                   },
               .accumulation = {.calls = 2}});
  o.add("w", w, g);
  for (int call = 0; call < 5; ++call) o.step();
  CHECK(asked == std::vector<std::uint64_t>{0, 0, 1, 1, 2});
  CHECK(o.iterations() == 2);
}

TEST_CASE("gradients that are taken away within a window: what was pending still moves the parameter at its end, once, and then no more") {
  for (const unsigned threads : {1u, 3u}) {
    std::vector<float> w(3000, 1), g(3000, 3), v(3000, 1), h(3000, 1);
    optimizer o({.learning_rate = 0.5, .accumulation = {.calls = 3}, .how = {.threads = threads, .serial_below = 0}});
    o.add("w", w, g, {.rule = {.epsilon = 0}});
    o.add("v", v, h, {.rule = {.epsilon = 0}});
    o.step();
    o.detach_gradients("w");
    o.step();
    CHECK(pending<float>(o, "w", 2999) == 3);
    CHECK(w == std::vector<float>(3000, 1));
    o.step();
    CHECK(o.accumulators<float>("w")[2999] == 1);  // the mean: 3 / 3
    CHECK(w == std::vector<float>(3000, 0.5F));
    CHECK(pending<float>(o, "w") == 0);
    for (int call = 0; call < 3; ++call) o.step();
    CHECK(o.accumulators<float>("w")[0] == 1);
    CHECK(w == std::vector<float>(3000, 0.5F));
    CHECK(o.accumulators<float>("v")[0] == 2);
    // Back in the middle of a window: its part of the mean counts as many calls as all others'.
    o.step();
    o.set_gradients("w", std::span<const float>(g));
    o.step();
    o.step();
    CHECK(o.accumulators<float>("w")[0] == 5);
  }
}

TEST_CASE("a parameter added within a window joins it; reset begins a new one; set_state puts back what was pending") {
  std::vector<float> w(3, 1), v(3, 1), g(3, 2);
  optimizer o({.accumulation = {.calls = 2, .combine = reduction::sum}});
  o.add("w", w, g);
  o.step();
  o.add("v", v, g);
  o.step();
  CHECK(o.accumulators<float>("w")[0] == 16);
  CHECK(o.accumulators<float>("v")[0] == 4);
  o.step();
  o.reset();
  CHECK(pending<float>(o, "w") == 0);
  CHECK(o.iterations() == 0);
  CHECK(o.step().outcome == step_outcome::accumulated);
  o.set_state("w", state_array::pending_gradients, std::vector<float>{10, 20, 30});
  CHECK(o.step().outcome == step_outcome::moved);
  CHECK(o.accumulators<float>("w")[1] == 22 * 22);
  // Also for one without gradients.
  o.detach_gradients("w");
  o.step();
  o.step();
  o.set_state("w", state_array::pending_gradients, std::vector<float>{1, 2, 3});
  o.step();
  o.step();
  CHECK(o.accumulators<float>("w")[1] == 22 * 22 + 4);
  o.step();
  o.set_state("w", state_array::pending_gradients, std::vector<float>{1, 2, 3});
  o.reset();
  o.step();
  o.step();
  CHECK(o.accumulators<float>("w")[1] == 0);
}

TEST_CASE("gradients are set to zero at each call of a window, after they were added") {
  for (const std::size_t n : {1, 1024, 5000}) {
    std::vector<double> w(n, 1), g(n);
    optimizer o({.accumulation = {.calls = 2, .combine = reduction::sum}, .how = {.threads = 2, .serial_below = 0}});
    o.add("w", w, g, {.zero_gradients = true});
    for (int call = 0; call < 4; ++call) {
      g.assign(n, 1);
      o.step();
      CHECK(g == std::vector<double>(n));
    }
    CHECK(o.accumulators<double>("w")[n - 1] == 8);
  }
}

TEST_CASE("norms are those of the mean, at the call that moves") {
  std::vector<float> w(4, 1), g(4, 8);
  optimizer o({.global_clip_norm = 1, .accumulation = {.calls = 2}});
  o.add("w", w, g);
  CHECK(o.step().global_norm == 0);
  g.assign(4, 4);
  CHECK(o.step().global_norm == 12);
  CHECK(o.accumulators<float>("w")[0] == doctest::Approx(0.25));
}

TEST_CASE("a schedule that throws within a window has changed nothing") {
  std::vector<float> w(4, 1), g(4, 8);
  bool throws = false;
  optimizer o(
      {.learning_rate = [&](std::uint64_t) { return throws ? throw std::runtime_error("no rate") : 0.1; }, .accumulation = {.calls = 2}});
  o.add("w", w, g, {.zero_gradients = true});
  o.step();
  g.assign(4, 2);
  throws = true;
  for (int again = 0; again < 3; ++again) CHECK_THROWS_AS(o.step(), std::runtime_error);
  CHECK(g == std::vector<float>(4, 2));
  CHECK(pending<float>(o, "w") == 8);
  throws = false;
  CHECK(o.step().outcome == step_outcome::moved);
  CHECK(o.accumulators<float>("w")[0] == 25);
}

TEST_CASE("what cannot be is refused by name") {
  CHECK(holds_all(refusal([] { optimizer o({.accumulation = {.calls = 0}}); }), {"accumulation.calls is 0", "at least 1"}));
  CHECK(holds_all(refusal([] { optimizer o({.accumulation = {.combine = reduction::sum}}); }),
                  {"accumulation.combine is sum, but accumulation.calls is 1"}));
  CHECK(holds_all(refusal([] { optimizer o({.accumulation = {.combine = static_cast<reduction>(5)}}); }), {"accumulation.combine is 5"}));
  CHECK(holds_all(refusal([] { optimizer o({.accumulation = {.counts = static_cast<counting>(5)}}); }), {"accumulation.counts is 5"}));
  std::vector<float> w(3), g(3);
  optimizer o;
  o.add("w", w, g);
  CHECK(holds_all(refusal([&] { (void)o.state_of<float>("w", state_array::pending_gradients); }),
                  {"parameter \"w\": it has no pending_gradients", "accumulation.calls above 1"}));
  CHECK(
      holds_all(refusal([&] { (void)o.state_of<float>("w", state_array::gradient_sums); }), {"it has no gradient_sums", "dual_averaging"}));
  CHECK(holds_all(refusal([&] { (void)o.state_of<float>("w", static_cast<state_array>(9)); }), {"state_array is 9"}));
}

// What an optimizer holds is saved and set; the other goes on as the first would have.
TEST_CASE("state saved in the middle of a window, where averages have not begun, goes on as if never stopped") {
  const optimizer_options options{
      .learning_rate = 0.1, .defaults = {.rule = {.weight_decay = 0.1}, .average = {.enabled = true}}, .accumulation = {.calls = 2}};
  std::vector<float> w(3, 5.0F), idle(2, 7.0F), g(3, 1.0F), w2, idle2;
  optimizer first(options), second(options);
  first.add("w", w, g);
  first.add("idle", idle, {});
  first.step();
  w2 = w;
  idle2 = idle;
  second.add("w", w2, g);
  second.add("idle", idle2, {});
  second.set_iterations(first.iterations());
  second.set_pending_calls(first.pending_calls());
  CHECK(first.pending_calls() == 1);
  for (const std::size_t which : {0, 1})
    for (const auto array : {state_array::accumulators, state_array::averages, state_array::pending_gradients}) {
      CHECK(first.has_state(which, array) ==
            (array == state_array::accumulators || (which == 0 && array == state_array::pending_gradients)));
      if (first.has_state(which, array)) second.set_state(which, array, first.state_of<float>(which, array));
    }
  for (int call = 0; call < 4; ++call) {
    CHECK(first.step().outcome == second.step().outcome);
    CHECK(w == w2);
    CHECK(idle2 == std::vector<float>(2, 7.0F));
    CHECK(first_difference(first.state_of<float>("w", state_array::averages), second.state_of<float>("w", state_array::averages)) == 3);
  }
  CHECK(holds_all(refusal([&] { second.set_pending_calls(2); }), {"pending_calls is 2", "below accumulation.calls, which is 2"}));
}
