// Moving averages: the formula, where in a step they are taken, overwriting, and who begins when.
#include <limits>

#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

// One parameter that moves by 1 at each step, downwards: G = 1 frozen, gradient 1, rate 1, epsilon 0.
struct walk {
  std::vector<double> w, g{1, 1, 1};
  optimizer o;

  walk(double start, const moving_average& how, const parameter_constraint& constraint = {}, optimizer_options options = {})
      : w(3, start), o(std::move(options)) {
    o.set_learning_rate(1);
    o.add("w", w, g,
          {.rule = {.epsilon = 0, .freeze_accumulators = true, .constraint = constraint}, .initial_accumulator = 1, .average = how});
  }
  double average() { return o.state_of<double>("w", state_array::averages)[2]; }
};

}  // namespace

TEST_CASE("the first average is the parameter, then momentum * average + (1 - momentum) * w") {
  walk t(10, {.enabled = true, .momentum = 0.75});
  double expected = 0, w = 10;
  for (int step = 0; step < 5; ++step) {
    t.o.step();
    w = w - 1;
    expected = step == 0 ? w : 0.75 * expected + 0.25 * w;
    CHECK(t.w[2] == w);
    CHECK(t.average() == expected);
  }
  t.o.use_averages();
  CHECK(t.w == std::vector<double>(3, expected));
  CHECK(t.average() == expected);
}

TEST_CASE("both factors are rounded to the parameter's type, the second from 1 minus the rounded first") {
  std::vector<float> w{0.3F}, g{0.7F}, a;
  optimizer o;
  o.add("w", w, g, {.average = {.enabled = true, .momentum = 0.9}});
  o.step();
  const float first = w[0];
  o.step();
  const float m = 0.9F, rest = 1 - m;
  CHECK(rest != 0.1F);
  CHECK(o.state_of<float>("w", state_array::averages)[0] == m * first + rest * w[0]);
}

TEST_CASE("overwriting: every so many iterations, counted from the first; never with 0") {
  walk t(10, {.enabled = true, .momentum = 0.5, .overwrite_every = 3});
  double w = 10, a = 0;
  for (int step = 1; step <= 10; ++step) {
    t.o.step();
    w = w - 1;
    a = step == 1 ? w : 0.5 * a + 0.5 * w;
    if (step % 3 == 0) w = a;
    CHECK(t.w[0] == w);
    CHECK(t.average() == a);
  }
  t.o.set_iterations(2);  // the counter says when, not how often it was called
  t.o.step();
  CHECK(t.w[0] == t.average());
  CHECK(t.w[0] == 0.5 * a + 0.5 * (w - 1));
}

TEST_CASE("before the constraint or after it: average, overwrite, constraint; constraint, average, overwrite") {
  for (const bool norms : {false, true}) {  // in the sweep, and after it
    // From 10 to 9, and no further than 6 from zero.
    const auto constraint = norms ? max_norm(6) : box(-6, 6);
    CAPTURE(norms);
    const auto after_one_step = [&](average_position position, std::uint64_t overwrite_every) {
      std::vector<double> w{10}, g{1};
      optimizer o({.learning_rate = 1});
      o.add("w", w, g,
            {.rule = {.epsilon = 0, .freeze_accumulators = true, .constraint = constraint},
             .initial_accumulator = 1,
             .shape = {1},
             .norm_fuzz = 0,
             .average = {.enabled = true, .momentum = 0.5, .overwrite_every = overwrite_every, .position = position}});
      o.set_state("w", state_array::averages, std::vector<double>{1});
      o.step();
      return std::pair(w[0], o.state_of<double>("w", state_array::averages)[0]);
    };
    CHECK(after_one_step(average_position::after_constraint, 0) == std::pair(6.0, 3.5));
    CHECK(after_one_step(average_position::before_constraint, 0) == std::pair(6.0, 5.0));
    CHECK(after_one_step(average_position::after_constraint, 1) == std::pair(3.5, 3.5));
    CHECK(after_one_step(average_position::before_constraint, 1) == std::pair(5.0, 5.0));
  }
}

TEST_CASE_TEMPLATE("on and off differ on every instruction set and length, and averaging alone does not change the parameters", T, float,
                   double) {
  for_each_isa([&](const std::string&) {
    for (const std::size_t n : {1, 3, 16, 1023, 5000}) {
      const auto data = usual_arrays<T>(n, 3);
      auto off = data, on = data, over = data;
      optimizer o({.how = {.threads = 2, .serial_below = 0}});
      o.add("off", off.parameters, std::span<const T>(off.gradients));
      o.add("on", on.parameters, std::span<const T>(on.gradients), {.average = {.enabled = true, .momentum = 0.5}});
      o.add("over", over.parameters, std::span<const T>(over.gradients),
            {.average = {.enabled = true, .momentum = 0.5, .overwrite_every = 2}});
      for (int step = 0; step < 2; ++step) o.step();
      CHECK(first_difference(on.parameters, off.parameters) == n);
      CHECK(first_difference(over.parameters, std::vector<T>(o.state_of<T>("on", state_array::averages).begin(),
                                                             o.state_of<T>("on", state_array::averages).end())) == n);
      if (n > 1) CHECK(first_difference(over.parameters, off.parameters) < n);
    }
  });
}

TEST_CASE("averages begin with a parameter's first step: added later, without gradients at first, enabled later, after reset, or set") {
  std::vector<float> w(3, 1), v(3, 2), u(3, 3), g(3, 1);
  const parameter_options averaged{.average = {.enabled = true, .momentum = 0.5}};
  optimizer o;
  o.add("w", w, g, averaged);
  o.add("u", u, g, averaged);
  o.detach_gradients("u");
  const auto average = [&](const char* name) { return o.state_of<float>(name, state_array::averages)[0]; };
  o.step();
  o.step();
  CHECK(average("w") != w[0]);
  CHECK(average("u") == 0);
  o.use_averages();  // has none of u yet
  CHECK(u[0] == 3);
  CHECK(w[0] == average("w"));
  o.add("v", v, g, averaged);
  o.set_gradients("u", std::span<const float>(g));
  o.step();
  CHECK(average("v") == v[0]);
  CHECK(average("u") == u[0]);
  CHECK(average("w") != w[0]);
  o.step();
  CHECK(average("v") != v[0]);
  o.reset();
  CHECK(average("w") == 0);
  o.step();
  CHECK(average("w") == w[0]);
  o.set_state("w", state_array::averages, std::vector<float>(3, 100));
  o.step();
  CHECK(average("w") == 0.5F * 100 + 0.5F * w[0]);
  std::vector<float> x(3, 1);
  o.add("x", x, g, {.initial_accumulator = 1});
  o.step();
  const float G = o.accumulators<float>("x")[0];
  o.change_options("x", [](parameter_options& p) { p.average = {.enabled = true, .momentum = 0.5}; });
  CHECK(average("x") == 0);
  CHECK(o.accumulators<float>("x")[0] == G);  // what was there stays
  o.step();
  CHECK(average("x") == x[0]);
  CHECK(o.accumulators<float>("x")[0] == G + 1);
}

TEST_CASE("counting calls: an average advances at each call, as a window of calls counts one, and the constraint is applied at each") {
  const gradient_accumulation windows{.calls = 2, .counts = gradient_accumulation::counting::calls};
  for (const auto position : {average_position::after_constraint, average_position::before_constraint}) {
    walk t(10, {.enabled = true, .momentum = 0.5, .overwrite_every = 2, .position = position}, box(-1e9, 8.5), {.accumulation = windows});
    double w = 10, a = 0;
    for (std::uint64_t call = 0; call < 12; ++call) {
      CHECK(t.o.iterations() == call);
      const step_report report = t.o.step();
      CHECK(report.iteration == call);
      CHECK(report.outcome == (call % 2 == 1 ? step_outcome::moved : step_outcome::accumulated));
      const std::uint64_t window = call / 2;
      if (call % 2 == 1) w = w - 1;
      if (position == average_position::after_constraint) w = std::min(w, 8.5);
      a = window == 0 ? w : 0.5 * a + 0.5 * w;
      if ((window + 1) % 2 == 0) w = a;
      if (position == average_position::before_constraint) w = std::min(w, 8.5);
      CHECK(t.w[1] == w);
      CHECK(t.average() == a);
    }
  }
}

TEST_CASE("what cannot be is refused by name") {
  for (const double bad : {nan_value, -0.1, 1.1})
    CHECK(holds_all(refusal([&] { optimizer o({.defaults = {.average = {.enabled = true, .momentum = bad}}}); }),
                    {"average.momentum is ", "in [0, 1]", "0.99"}));
  CHECK(holds_all(refusal([] { optimizer o({.defaults = {.average = {.overwrite_every = 7}}}); }),
                  {"average.overwrite_every is 7", "average.enabled is false"}));
  CHECK(holds_all(refusal([] { optimizer o({.defaults = {.average = {.enabled = true, .position = static_cast<average_position>(9)}}}); }),
                  {"average.position is 9", "before_constraint"}));
  std::vector<float> w(3), g(3);
  optimizer o;
  o.add("w", w, g);
  CHECK(holds_all(refusal([&] { (void)o.state_of<float>("w", state_array::averages); }),
                  {"parameter \"w\": it has no averages", "average.enabled"}));
  CHECK(holds_all(refusal([&] { o.set_state("w", state_array::averages, w); }), {"it has no averages"}));
  o.change_options("w", [](parameter_options& p) { p.average.enabled = true; });
  CHECK(o.state_of<float>("w", state_array::averages).size() == 3);
  CHECK(holds_all(refusal([&] { o.set_state("w", state_array::averages, std::vector<float>(4)); }),
                  {"parameter \"w\": values has 4 elements in place of 3"}));
  CHECK(
      holds_all(refusal([&] { o.set_state("w", state_array::averages, std::vector<double>(3)); }), {"its elements are float, not double"}));
  o.change_options("w", [](parameter_options& p) { p.average.enabled = false; });
  CHECK(holds_all(refusal([&] { (void)o.state_of<float>("w", state_array::averages); }), {"it has no averages"}));
}
