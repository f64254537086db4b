// The optimizer's memory: counter, schedules, re-pointed and absent gradients, late parameters, reset, move.
#include <limits>
#include <utility>

#include "support/model.hpp"
#include "support/refusal.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

// One float parameter and what the reference makes of it.
struct pair {
  std::vector<float> w{0.5F, -1, 2, 0.25F, 3}, g{0.1F, -0.2F, 0, 4, -5}, expected = w, G = std::vector<float>(5);

  void expect_step(double rate, const update_options& options = {}) { reference::update(expected, g, G, rate, options); }
  bool agree(optimizer& o, const char* name = "w") {
    const auto kept = o.accumulators<float>(name);
    return first_difference(w, expected) == 5 && first_difference(kept, std::span<const float>(G)) == 5;
  }
};

}  // namespace

TEST_CASE("the counter counts steps, is 64 bits wide and sets the rate, also beyond 2^24, 2^32 and 2^53") {
  pair p;
  const inverse_time decaying{.learning_rate = 0.5, .decay = 1e-9};
  optimizer o({.learning_rate = decaying});
  o.add("w", p.w, p.g);
  CHECK(o.iterations() == 0);
  for (const std::uint64_t start : {0ull, (1ull << 24) - 1, (1ull << 32) - 1, (1ull << 53) - 1, ~0ull - 3}) {
    o.set_iterations(start);
    for (std::uint64_t it = start; it < start + 3; ++it) {
      CHECK(o.learning_rate() == decaying(it));
      const step_report report = o.step();
      CHECK(report.iteration == it);
      CHECK(report.learning_rate == decaying(it));
      CHECK(o.iterations() == it + 1);
      p.expect_step(decaying(it));
      CHECK(p.agree(o));
    }
  }
  CHECK(decaying((1ull << 32) + 1) != decaying(1));
  const std::string message = refusal([&] { o.step(); });  // 2^64 - 1: no further
  CHECK(holds_all(message, {"iterations is 18446744073709551615", "set_iterations"}));
  CHECK(p.agree(o));
}

TEST_CASE("schedules: a number, inverse_time, a callable that is asked once a step with the finished steps; each can be replaced") {
  pair p;
  optimizer o({.learning_rate = 0.25});
  o.add("w", p.w, p.g);
  o.step();
  p.expect_step(0.25);
  std::vector<std::uint64_t> asked;
  o.set_learning_rate([&](std::uint64_t iterations) {
    asked.push_back(iterations);
    return iterations < 2 ? 0.5 : 0.125;
  });
  CHECK(o.iterations() == 1);
  for (const double rate : {0.5, 0.125}) {
    CHECK(o.step().learning_rate == rate);
    p.expect_step(rate);
  }
  CHECK(asked == std::vector<std::uint64_t>{1, 2});
  o.set_learning_rate(inverse_time{.learning_rate = 1, .decay = 0.5});
  CHECK(o.learning_rate() == 1 / 2.5);
  o.set_learning_rate(0.0);
  o.step();
  p.expect_step(0);
  CHECK(p.agree(o));
  CHECK(optimizer().learning_rate() == 0.01);  // of Keras 1
}

TEST_CASE("a schedule that throws, or gives NaN, an infinity or a negative rate, stops the step before the first write") {
  pair p;
  optimizer o;
  o.add("w", p.w, p.g);
  o.step();
  p.expect_step(0.01);
  const auto unchanged = [&] { return p.agree(o) && o.iterations() == 1; };
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -0.5, 1e39}) {
    o.set_learning_rate([=](std::uint64_t) { return bad; });
    const std::string message = refusal([&] { o.step(); });
    INFO("message: " << message);
    CHECK(holds_all(message, {"learning_rate is ", "schedule", "iteration 1"}));
    CHECK(holds_all(refusal([&] { (void)o.learning_rate(); }), {"learning_rate is "}));
    CHECK(unchanged());
  }
  struct mine {};
  o.set_learning_rate([](std::uint64_t) -> double { throw mine(); });
  CHECK_THROWS_AS(o.step(), mine);
  CHECK(unchanged());
  o.set_learning_rate(0.5);
  o.step();
  p.expect_step(0.5);
  CHECK(p.agree(o));
}

TEST_CASE("a bad rate is refused where all parameters are double, too, and only a float's rate must fit into float") {
  std::vector<double> w(3, 1.0), g(3, 1.0);
  optimizer o;
  o.add("w", w, g);
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -0.5}) {
    o.set_learning_rate([=](std::uint64_t) { return bad; });
    CHECK(holds_all(refusal([&] { o.step(); }), {"learning_rate is "}));
  }
  CHECK(w == std::vector<double>(3, 1.0));
  o.set_learning_rate(1e39);
  CHECK(o.step().learning_rate == 1e39);
  CHECK(w[0] < -1e38);
}

TEST_CASE("options that are not given are the defaults, for either type; options that are given replace all of them") {
  pair p;
  std::vector<double> w(5, 1.0), g(5, 0.5), expected = w, G(5, 4.0);
  optimizer o({.learning_rate = 0.5, .defaults = {.rule = {.epsilon = 0.25, .constraint = box(-1, 0.75)}, .initial_accumulator = 4}});
  o.add("w", p.w, p.g);
  o.add("double", w, g);
  auto own = o.defaults();
  own.initial_accumulator = 9;
  pair q;
  o.add("q", q.w, q.g, own);
  o.step();
  p.G.assign(5, 4.0F);
  p.expect_step(0.5, o.defaults().rule);
  CHECK(p.agree(o));
  q.G.assign(5, 9.0F);
  q.expect_step(0.5, own.rule);
  CHECK(q.agree(o, "q"));
  reference::update(expected, g, G, 0.5, o.defaults().rule);
  CHECK(w == expected);
}

TEST_CASE("gradients and parameters can be re-pointed, also exchanged, and by index") {
  pair a, b;
  b.w = b.expected = {9, 8, 7, 6, 5};
  optimizer o({.learning_rate = 0.5});
  CHECK(o.add("a", a.w, a.g) == 0);
  CHECK(o.add("b", b.w, b.g) == 1);
  o.step();
  a.expect_step(0.5);
  b.expect_step(0.5);
  const std::vector<float> other{1, 1, 1, 1, 1};
  o.set_gradients("a", other);
  o.set_gradients(1, other);  // shared: gradients are only read
  a.g = b.g = other;
  o.step();
  a.expect_step(0.5);
  b.expect_step(0.5);
  CHECK(a.agree(o, "a"));
  CHECK(b.agree(o, "b"));
  // The arrays change places, one call after the other; accumulators stay with the name.
  o.set_parameters("a", b.w);
  o.set_parameters(std::string("b"), a.w);
  std::swap(a.expected, b.expected);
  o.step();
  a.expect_step(0.5);
  b.expect_step(0.5);
  std::swap(a.w, b.w);  // vectors' memory moves with them
  CHECK(a.agree(o, "a"));
  CHECK(b.agree(o, "b"));
}

TEST_CASE("a parameter without gradients is left wholly alone; the counter goes on") {
  pair a, b;
  optimizer o({.learning_rate = inverse_time{0.5, 1}});
  o.add("a", a.w, a.g, {.rule = {.constraint = box(-100, 100)}});
  o.add("b", b.w, {}, {.rule = {.constraint = box(-0.1, 0.1)}, .initial_accumulator = 0.25});
  b.G.assign(5, 0.25F);
  o.step();
  a.expect_step(0.5);
  CHECK(a.agree(o, "a"));
  CHECK(b.agree(o, "b"));  // not even the constraint
  o.set_gradients("b", b.g);
  o.detach_gradients("a");
  o.step();
  b.expect_step(0.25, {.constraint = box(-0.1, 0.1)});
  CHECK(a.agree(o, "a"));
  CHECK(b.agree(o, "b"));
  o.detach_gradients(1);
  CHECK(o.step().iteration == 2);
  o.set_gradients("a", a.g);
  o.step();
  a.expect_step(0.5 * (1 / (1 + 1.0 * 3)));
  CHECK(a.agree(o, "a"));
  CHECK(b.agree(o, "b"));
}

TEST_CASE("parameters may be added between steps; the accumulators of the others stay where they are") {
  const model start = random_model(60, 20'000, 51);
  model ours = start, expected = start;
  optimizer o({.learning_rate = 0.1, .how = {.threads = 2, .serial_below = 0}});
  CHECK(o.step().iteration == 0);  // nothing to do, and counted
  for (std::size_t count = 1; count <= ours.size(); ++count) {
    auto& t = ours[count - 1];
    std::visit([&](auto& data) { CHECK(o.add(t.name, data.parameters, data.gradients, t.options) == count - 1); }, t.data);
    const auto* const first =
        std::visit([&]<class T>(const tensor<T>&) { return static_cast<const void*>(o.accumulators<T>(0).data()); }, ours[0].data);
    o.step();
    CHECK(first ==
          std::visit([&]<class T>(const tensor<T>&) { return static_cast<const void*>(o.accumulators<T>(0).data()); }, ours[0].data));
    for (std::size_t i = 0; i < count; ++i)
      std::visit([&](auto& data) { reference::update(data.parameters, data.gradients, data.accumulators, 0.1, expected[i].options.rule); },
                 expected[i].data);
  }
  CHECK(differing(o, ours, expected) == "");
}

TEST_CASE("state: accumulators before the first step, saved and restored they go on with the same bits, reset forgets them") {
  pair p;
  optimizer o({.learning_rate = 0.5, .defaults = {.initial_accumulator = 0.1}});
  o.add("w", p.w, p.g);
  p.G.assign(5, 0.1F);
  CHECK(p.agree(o));
  const auto start = p.w;
  for (int i = 0; i < 3; ++i) {
    o.step();
    p.expect_step(0.5);
  }
  const auto kept = o.accumulators<float>("w");
  const std::vector<float> saved(kept.begin(), kept.end());
  optimizer resumed({.learning_rate = 0.5});
  resumed.add("w", p.w, p.g);
  auto overflown = saved;
  overflown[1] = std::numeric_limits<float>::infinity();
  resumed.set_accumulators("w", overflown);
  CHECK(resumed.accumulators<float>("w")[1] == overflown[1]);
  resumed.set_accumulators("w", saved);
  resumed.set_iterations(o.iterations());
  resumed.step();
  p.expect_step(0.5);
  CHECK(p.agree(resumed));
  o.reset();
  CHECK(o.iterations() == 0);
  CHECK(o.accumulators<float>("w")[3] == 0.1F);
  p.w = p.expected = start;
  p.G.assign(5, 0.1F);
  o.step();
  p.expect_step(0.5);
  CHECK(p.agree(o));
}

TEST_CASE("an optimizer can be moved, its accumulators stay in place, and the one moved from says so") {
  pair p;
  optimizer first({.learning_rate = 0.5});
  first.add("w", p.w, p.g);
  first.step();
  p.expect_step(0.5);
  const float* const place = first.accumulators<float>("w").data();
  optimizer second(std::move(first));
  CHECK(second.accumulators<float>("w").data() == place);
  CHECK_THROWS_AS(first.step(), std::logic_error);
  CHECK_THROWS_AS((void)first.iterations(), std::logic_error);
  first = std::move(second);
  first.step();
  p.expect_step(0.5);
  CHECK(p.agree(first));
  CHECK(first.iterations() == 2);
  first = optimizer();
  CHECK(first.size() == 0);
}

TEST_CASE("names and indices lead to each other") {
  std::vector<float> w(3);
  std::vector<double> v(2);
  optimizer o;
  CHECK(o.size() == 0);
  o.add("dense/kernel", w, {});
  o.add("dense/bias", v, {});
  CHECK(o.size() == 2);
  CHECK(o.contains("dense/bias"));
  CHECK_FALSE(o.contains("dense"));
  CHECK(o.name(0) == "dense/kernel");
  CHECK(o.index("dense/bias") == 1);
  CHECK(o.accumulators<double>(1).size() == 2);
}
