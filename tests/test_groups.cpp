// Groups: options inherited and overridden, schedules of their own, multipliers; options that change.
#include <functional>
#include <limits>

#include "adagrad/adagrad.hpp"
#include "doctest/doctest.h"
#include "support/refusal.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();

struct memory {
  std::vector<float> w{1, 2, 3}, g{0.5F, -1, 2};
};

}  // namespace

TEST_CASE("options come from the defaults, through the groups, to the parameter") {
  memory a, b, c, d;
  optimizer o({.defaults = {.rule = {.epsilon = 1e-3, .weight_decay = 0.1}, .initial_accumulator = 0.5}});
  o.add_group("no decay", [](parameter_options& p) { p.rule.weight_decay = 0; });
  o.add_group(
      "slow", [](parameter_options& p) { p.learning_rate_multiplier = 0.25; }, {}, "no decay");
  o.add("a", a.w, a.g);
  o.add("b", b.w, b.g, in_group{"no decay"});
  o.add("c", c.w, c.g, in_group{"slow", [](parameter_options& p) { p.initial_accumulator = 2; }});
  o.add("d", d.w, d.g, in_group{"", [](parameter_options& p) { p.rule.epsilon = 1; }});
  CHECK(o.options("a").rule.weight_decay == 0.1);
  for (const char* name : {"b", "c"}) {
    CHECK(o.options(name).rule.weight_decay == 0);
    CHECK(o.options(name).rule.epsilon == 1e-3);
  }
  CHECK(o.options("c").learning_rate_multiplier == 0.25);
  CHECK(o.options("b").learning_rate_multiplier == 1);
  CHECK(o.options("c").initial_accumulator == 2);
  CHECK(o.options("d").rule.weight_decay == 0.1);
  CHECK(o.options("d").rule.epsilon == 1);
  CHECK(o.defaults().rule.epsilon == 1e-3);
  auto expected = c;
  std::vector<float> G(3, 2);
  o.step();
  reference::update(expected.w, expected.g, G, 0.01 * 0.25, {.epsilon = 1e-3});
  CHECK(c.w == expected.w);
  CHECK(b.w != a.w);
}

TEST_CASE("each schedule is asked once a step for its whole group; groups without one take their parent's rate") {
  memory m[6];
  std::vector<std::uint64_t> defaults, heads;
  optimizer o({.learning_rate = [&](std::uint64_t it) {
    defaults.push_back(it);
    return 0.5;
  }});
  o.add_group("heads", {}, schedule([&](std::uint64_t it) {
                heads.push_back(it);
                return 0.25 / static_cast<double>(it + 1);
              }));
  o.add_group("inner", {}, {}, "heads");
  o.add_group("other");
  o.add("0", m[0].w, m[0].g);
  o.add("1", m[1].w, m[1].g, in_group{"heads"});
  o.add("2", m[2].w, m[2].g, in_group{"heads"});
  o.add("3", m[3].w, m[3].g, in_group{"inner", [](parameter_options& p) { p.learning_rate_multiplier = 2; }});
  o.add("4", m[4].w, m[4].g, in_group{"other"});
  const double rates[] = {0.5, 0.25, 0.25, 0.5, 0.5};
  for (std::size_t i = 0; i < 5; ++i) CHECK(o.learning_rate(i) == rates[i]);
  CHECK(o.learning_rate() == 0.5);
  defaults.clear();
  heads.clear();
  std::vector<float> G[5];
  memory expected[5];
  for (std::size_t i = 0; i < 5; ++i) G[i].resize(3);
  for (int step = 0; step < 3; ++step) {
    CHECK(o.step().learning_rate == 0.5);
    for (std::size_t i = 0; i < 5; ++i) {
      const double rate = i == 0 || i == 4 ? 0.5 : (i == 3 ? 2 : 1) * (0.25 / (step + 1));
      reference::update(expected[i].w, expected[i].g, G[i], rate);
      CHECK(m[i].w == expected[i].w);
    }
  }
  CHECK(defaults == std::vector<std::uint64_t>{0, 1, 2});
  CHECK(heads == std::vector<std::uint64_t>{0, 1, 2});
  // A rate of its own from now on; the parent's is its own business.
  o.set_learning_rate("inner", 0.125);
  CHECK(o.learning_rate("3") == 0.25);
  CHECK(o.learning_rate("1") == 0.25 / 4);
  o.set_learning_rate("", 2);
  CHECK(o.learning_rate() == 2);
  CHECK(o.learning_rate("4") == 2);
}

TEST_CASE("the multiplier multiplies in double before the rate is rounded, decays and proximal terms with it; 0 moves nothing") {
  for (const double multiplier : {1.0 / 3, 0.0, 1e3}) {
    memory ours, expected;
    std::vector<float> G(3);
    const update_options rule{.weight_decay = 0.3, .decay_kind = weight_decay_kind::decoupled, .proximal_l1 = 1e-3, .proximal_l2 = 0.1};
    optimizer o({.learning_rate = 0.1});
    o.add("w", ours.w, ours.g, {.rule = rule, .learning_rate_multiplier = multiplier});
    o.step();
    reference::update(expected.w, expected.g, G, 0.1 * multiplier, rule);
    CHECK(ours.w == expected.w);
    if (multiplier == 0) CHECK(ours.w == memory{}.w);
    CHECK(o.accumulators<float>("w")[0] == 0.25F);
  }
}

TEST_CASE("a group's bad rate, or one that a multiplier makes too large, stops the step before anything is written") {
  memory a, b;
  bool bad = false;
  optimizer o({.learning_rate = 0.5});
  o.add_group("g", {}, schedule([&](std::uint64_t) { return bad ? nan_value : 1.0; }));
  o.add("a", a.w, a.g);
  o.add("b", b.w, b.g, in_group{"g", [](parameter_options& p) { p.learning_rate_multiplier = 1e30; }});
  o.step();
  const auto w = a.w;
  bad = true;
  CHECK(holds_all(refusal([&] { o.step(); }), {"learning_rate is nan", "at iteration 1"}));
  bad = false;
  o.set_learning_rate("g", 1e10);
  CHECK(
      holds_all(refusal([&] { o.step(); }),
                {"parameter \"b\": learning_rate * learning_rate_multiplier is 1e+10 * 1e+30, which float cannot hold", "at iteration 1"}));
  CHECK(a.w == w);
  CHECK(o.iterations() == 1);
  o.set_learning_rate("g", 0);
  CHECK(o.step().iteration == 1);
}

TEST_CASE("change_options: from the next step on, without disturbing accumulators, and never half") {
  memory ours, expected;
  std::vector<float> G(3, 0.5F), sums(3);
  optimizer o({.learning_rate = 0.1});
  o.add("w", ours.w, ours.g, {.initial_accumulator = 0.5});
  o.step();
  reference::update(expected.w, expected.g, G, 0.1);
  o.change_options("w", [](parameter_options& p) {
    p.method = method::dual_averaging;
    p.initial_accumulator = 9;
    p.average.enabled = true;
  });
  CHECK(o.accumulators<float>("w")[1] == G[1]);
  CHECK(o.state_of<float>("w", state_array::gradient_sums)[1] == 0);
  o.step();
  reference::dual_average(expected.w, expected.g, sums, G, 0.1, 1);
  CHECK(ours.w == expected.w);
  CHECK(o.state_of<float>("w", state_array::gradient_sums)[1] == sums[1]);
  for (const auto& bad : {std::function<void(parameter_options&)>([](parameter_options& p) { p.rule.epsilon = -1; }),
                          {[](parameter_options& p) {
                            p.shape = {2, 2};
                          }},
                          {[](parameter_options& p) { p.learning_rate_multiplier = infinity; }},
                          {[](parameter_options& p) { p.norm_fuzz = -1; }},
                          {[](parameter_options& p) { p.method = static_cast<method>(7); }},
                          {[](parameter_options& p) { p.initial_accumulator = 1e39; }},
                          {}}) {
    CHECK(holds_all(refusal([&] { o.change_options("w", bad); }), {"parameter \"w\""}));
    CHECK(o.options("w").rule.epsilon == 1e-8);
    CHECK(o.options("w").method == method::dual_averaging);
  }
  CHECK_THROWS_AS(o.change_options("w", [](parameter_options& p) { p.rule.epsilon = 1, throw 7; }), int);
  CHECK(o.options("w").rule.epsilon == 1e-8);
  CHECK(holds_all(refusal([&] { o.change_options("v", [](parameter_options&) {}); }), {"no parameter with the name \"v\""}));
  o.reset();
  CHECK(o.accumulators<float>("w")[0] == 9);
}

TEST_CASE("an initial accumulator that is changed before the first step counts from the next reset, too, whoever looked at it") {
  for (const bool looked : {false, true}) {
    memory m;
    optimizer o;
    o.add("w", m.w, m.g, {.initial_accumulator = 0.5});
    if (looked) (void)o.accumulators<float>("w");
    o.change_options("w", [](parameter_options& p) { p.initial_accumulator = 9; });
    CHECK(o.accumulators<float>("w")[0] == 0.5F);
    o.reset();
    CHECK(o.accumulators<float>("w")[0] == 9);
  }
}

TEST_CASE("a change may add parameters and look at the optimizer") {
  std::vector<memory> more(100);
  memory m;
  optimizer o;
  o.add("w", m.w, m.g);
  o.change_options("w", [&](parameter_options& p) {
    for (std::size_t i = 0; i < more.size(); ++i) o.add(std::to_string(i), more[i].w, more[i].g);
    p = o.options("w");
    p.learning_rate_multiplier = 0;
  });
  CHECK(o.size() == 101);
  o.step();
  CHECK(m.w == memory{}.w);
  CHECK(more[99].w != memory{}.w);
}

TEST_CASE("exclude_from_weight_decay") {
  memory ours, expected;
  std::vector<float> G(3);
  optimizer o({.learning_rate = 0.1, .defaults = {.rule = {.weight_decay = 0.5, .decay_rounding = multiply_add::one_rounding}}});
  o.add("w", ours.w, ours.g);
  o.exclude_from_weight_decay("w");
  CHECK(o.options("w").rule.weight_decay == 0);
  CHECK(o.defaults().rule.weight_decay == 0.5);
  o.step();
  reference::update(expected.w, expected.g, G, 0.1);
  CHECK(ours.w == expected.w);
  CHECK(holds_all(refusal([&] { o.exclude_from_weight_decay("x"); }), {"no parameter with the name \"x\""}));
}

TEST_CASE("what cannot be is refused by name, and leaves nothing behind") {
  memory m;
  optimizer o;
  o.add_group("g");
  CHECK(holds_all(refusal([&] { o.add_group(""); }), {"name of a group is empty"}));
  CHECK(holds_all(refusal([&] { o.add_group("g"); }), {"the group \"g\" exists already"}));
  CHECK(holds_all(refusal([&] { o.add_group("h", {}, {}, "nobody"); }), {"no group with the name \"nobody\"", "add_group"}));
  CHECK(holds_all(refusal([&] { o.add_group("h", [](parameter_options& p) { p.rule.epsilon = -1; }); }),
                  {"adagrad: epsilon is -1", "in the group \"h\""}));
  CHECK(holds_all(refusal([&] { o.add_group("h", {}, -1.0); }), {"learning_rate is -1"}));
  CHECK(holds_all(refusal([&] { o.add("w", m.w, m.g, in_group{"h"}); }), {"no group with the name \"h\""}));
  CHECK(holds_all(refusal([&] { o.set_learning_rate("h", 1); }), {"no group with the name \"h\""}));
  CHECK(holds_all(refusal([&] { o.set_learning_rate("g", infinity); }), {"learning_rate is inf"}));
  CHECK_THROWS_AS(o.add_group("h", [](parameter_options&) { throw 7; }), int);
  CHECK_THROWS_AS(o.add("w", m.w, m.g, in_group{"g", [](parameter_options&) { throw 7; }}), int);
  CHECK(o.size() == 0);
  o.add_group("h");
  o.add("w", m.w, m.g, in_group{"h"});
  CHECK(o.learning_rate("w") == 0.01);
}
