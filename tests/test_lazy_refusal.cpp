// What a table of an optimizer refuses, by name, when it is added, when options change and at a step; a refusal changes nothing.
#include <functional>

#include "doctest/doctest.h"
#include "support/lazy.hpp"
#include "support/refusal.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr auto decoupled = weight_decay_kind::decoupled;

std::string why(const row_options& rows, const parameter_options& options, const optimizer_options& all = {.learning_rate = 0.1}) {
  std::vector<float> w(6, 1);
  optimizer o(all);
  const std::string message = refusal([&] { o.add_table("t", rows_view<float>{w.data(), 3, 2}, rows, options); });
  CHECK(o.size() == (message.empty() ? 1 : 0));
  if (!message.empty()) CHECK(message.find("parameter \"t\"") != std::string::npos);
  return message;
}

lazy_case case_of(lazy_term lazy, row_accumulators kind = row_accumulators::elementwise) {
  for (const lazy_case& c : lazy_cases())
    if (c.rows.lazy == lazy && (c.rows.accumulators == kind || lazy == lazy_term::group_lasso)) return c;
  return {};
}

}  // namespace

TEST_CASE("every case of the other tests is accepted") {
  for (const lazy_case& c : lazy_cases()) CHECK(why(c.rows, {.rule = c.rule}).empty());
}

TEST_CASE("a lazy term that is not set") {
  CHECK(holds_all(why({.lazy = lazy_term::decoupled_decay}, {}), {"lazy is decoupled_decay, but a decoupled weight_decay is 0: set it"}));
  CHECK(holds_all(why({.lazy = lazy_term::decoupled_decay}, {.rule = {.weight_decay = 0.1}}), {"but a decoupled weight_decay is 0"}));
  CHECK(holds_all(why({.lazy = lazy_term::l1}, {.rule = {.proximal_l2 = 1}}), {"lazy is l1, but proximal_l1 is 0"}));
  CHECK(holds_all(why({.lazy = lazy_term::l2}, {.rule = {.proximal_l1 = 1}}), {"lazy is l2, but proximal_l2 is 0"}));
  CHECK(holds_all(why({.lazy = lazy_term::elastic_net}, {.rule = {.proximal_l1 = 1}}), {"lazy is elastic_net, but proximal_l2 is 0"}));
  CHECK(holds_all(why({.lazy = lazy_term::elastic_net}, {.rule = {.proximal_l2 = 1}}), {"lazy is elastic_net, but proximal_l1 is 0"}));
  CHECK(holds_all(why({.accumulators = row_accumulators::rowwise, .lazy = lazy_term::group_lasso}, {}),
                  {"lazy is group_lasso, but group_lasso is 0"}));
  CHECK(holds_all(why({.lazy = static_cast<lazy_term>(9)}, {}), {"lazy is 9", "use lazy_term::none, decoupled_decay, l1"}));
}

TEST_CASE("a second term that could be lazy") {
  const char* const beside = "beside another term that would act on absent rows";
  CHECK(holds_all(why({.lazy = lazy_term::l1}, {.rule = {.proximal_l1 = 1, .proximal_l2 = 2}}),
                  {"lazy is l1, beside", "proximal_l1 1, proximal_l2 2", "keep one of them"}));
  CHECK(holds_all(why({.lazy = lazy_term::l2}, {.rule = {.proximal_l1 = 1, .proximal_l2 = 2}}), {"lazy is l2", beside}));
  CHECK(holds_all(why({.lazy = lazy_term::decoupled_decay}, {.rule = {.weight_decay = 0.5, .decay_kind = decoupled, .proximal_l1 = 1}}),
                  {"weight_decay, decoupled, is 0.5", beside}));
  CHECK(holds_all(
      why({.lazy = lazy_term::elastic_net}, {.rule = {.weight_decay = 0.5, .decay_kind = decoupled, .proximal_l1 = 1, .proximal_l2 = 1}}),
      {"lazy is elastic_net", beside}));
  CHECK(holds_all(why({.accumulators = row_accumulators::rowwise, .group_lasso = 0.25, .lazy = lazy_term::group_lasso},
                      {.rule = {.weight_decay = 0.5, .decay_kind = decoupled}}),
                  {"lazy is group_lasso", beside, "group_lasso 0.25"}));
  // Coupled decay acts on rows with gradients only.
  CHECK(why({.lazy = lazy_term::l1}, {.rule = {.weight_decay = 0.5, .proximal_l1 = 1}}).empty());
}

TEST_CASE("what would have to act on absent rows too, or could be violated by them") {
  for (const lazy_case& c : lazy_cases()) {
    INFO(c.name);
    auto rule = c.rule;
    if (rule.accumulator_used == accumulator_use::after) {
      rule.accumulator_decay = 0.5;
      CHECK(holds_all(why(c.rows, {.rule = rule}), {"lazy is ", "accumulator_decay is 0.5", "use 1, or leave lazy at none"}));
    }
    for (const auto& constraint : {box(-1, 1), max_norm(1, {1}), unit_norm({1}), min_max_norm(1, 2, 1, {1})}) {
      rule = c.rule;
      rule.constraint = constraint;
      CHECK(holds_all(why(c.rows, {.rule = rule}), {"lazy is ", "constraint that absent rows could come to violate", "non_negative()"}));
    }
    rule.constraint = non_negative();
    if (c.rows.lazy == lazy_term::group_lasso)
      CHECK(holds_all(why(c.rows, {.rule = rule}), {"lazy is group_lasso, with a constraint", "use none"}));
    else CHECK(why(c.rows, {.rule = rule}).empty());
    for (const method m : {method::dual_averaging}) {
      rule = c.rule;
      rule.weight_decay = 0;
      CHECK(holds_all(why(c.rows, {.rule = rule, .method = m}), {"method is dual_averaging", "method::mirror_descent"}));
    }
  }
}

TEST_CASE("what no table has") {
  CHECK(holds_all(why({}, {.method = method::dual_averaging}), {"method is dual_averaging"}));
  CHECK(holds_all(why({}, {.average = {.enabled = true}}), {"average.enabled is set", "leave it false"}));
  CHECK(holds_all(why({}, {.zero_gradients = true}), {"zero_gradients is set", "leave it false"}));
  CHECK(holds_all(why({}, {.shape = {3, 2}}), {"shape is set", "leave it empty"}));
  CHECK(holds_all(why({}, {}, {.accumulation = {.calls = 2}}), {"accumulation.calls is 2", "use 1"}));
  for (const auto& constraint : {max_norm(1), max_norm(1, {0, 1}), unit_norm(0), min_max_norm(1, 2), max_norm(1, {-1})})
    CHECK(holds_all(why({}, {.rule = {.constraint = constraint}}), {"constraint.axes are not {1}", "max_norm(c, {1})"}));
  CHECK(why({}, {.rule = {.constraint = max_norm(1, {1})}}).empty());
  CHECK(holds_all(why({.counter_halflife = 5}, {}), {"counter_halflife is 5", "no coupled weight_decay", "set weight_decay"}));
  CHECK(holds_all(why({.counter_halflife = 5}, {.rule = {.weight_decay = 1, .decay_kind = decoupled}}), {"no coupled weight_decay"}));
  CHECK(holds_all(why({.counter_halflife = -5}, {.rule = {.weight_decay = 1}}), {"counter_halflife is -5"}));
  CHECK(holds_all(why({.counter_halflife = 1e30}, {.rule = {.weight_decay = 1e30}}), {"weight_decay * counter_halflife"}));
  CHECK(holds_all(why({.group_lasso = 1}, {}), {"group_lasso is 1", "use row_accumulators::rowwise"}));
  CHECK(holds_all(why({}, {.rule = {.epsilon = -1}}), {"epsilon is -1"}));
}

TEST_CASE("lazy L2 and elastic net: a rate that is no number, when adding and later, in the group that it is of") {
  const auto by_time = inverse_time{0.1, 0.1};
  for (const auto lazy : {lazy_term::l2, lazy_term::elastic_net}) {
    const lazy_case c = case_of(lazy);
    const char* const words = lazy == lazy_term::l2 ? "lazy is l2, which needs a learning rate that is a number"
                                                    : "lazy is elastic_net, which needs a learning rate that is a number";
    CHECK(holds_all(why(c.rows, {.rule = c.rule}, {.learning_rate = by_time}), {words}));
    std::vector<float> w(6, 1);
    const rows_view<float> table{w.data(), 3, 2};
    optimizer o({.learning_rate = 0.1});
    o.add_group("by time", {}, by_time);
    o.add_group("inner", {}, {}, "by time");
    o.add_group("number", {}, 0.2, "by time");
    const auto own = [&](parameter_options& p) { p.rule = c.rule; };
    for (const char* group : {"by time", "inner"})
      CHECK(holds_all(refusal([&] { o.add_table("t", table, c.rows, in_group{group, own}); }), {"parameter \"t\"", words}));
    o.add_table("t", table, c.rows, in_group{"number", own});
    o.set_learning_rate(by_time);  // of others
    o.set_learning_rate("by time", 0.3);
    o.set_learning_rate("number", 0.4);
    CHECK(holds_all(refusal([&] { o.set_learning_rate("number", by_time); }), {"parameter \"t\"", words}));
    CHECK(o.learning_rate("t") == 0.4);
  }
}

TEST_CASE_TEMPLATE("a refused change, of options or of the rate, changes nothing: no debt is paid", T, float, double) {
  for (const lazy_case& c : lazy_cases()) {
    INFO(c.name);
    auto table = eager_table<T>(c).table;
    optimizer o({.learning_rate = rate_of(c)});
    o.add_table("t", table.table(), c.rows, {.rule = c.rule});
    for (std::uint64_t step = 0; step < 20; ++step) {
      const auto batch = lazy_batch<T>(step);
      batch.set(o, "t");
      o.step();
    }
    const auto before = table.rows.memory;
    const auto* const options = &o.options("t");
    const std::function<void(parameter_options&)> bad[] = {
        [](parameter_options& p) { p.rule.epsilon = -1; }, [](parameter_options& p) { p.rule.constraint = box(0, 1); },
        [](parameter_options& p) { p.rule.weight_decay = p.rule.proximal_l1 = p.rule.proximal_l2 = 0, p.average.enabled = true; },
        [](parameter_options& p) { p.initial_accumulator = -1; }};
    for (const auto& change : bad) CHECK_FALSE(refusal([&] { o.change_options("t", change); }).empty());
    if (c.rows.lazy == lazy_term::decoupled_decay) CHECK_FALSE(refusal([&] { o.exclude_from_weight_decay("t"); }).empty());
    if (c.constant_rate) CHECK_FALSE(refusal([&] { o.set_learning_rate(inverse_time{0.1, 0.1}); }).empty());
    CHECK_FALSE(refusal([&] { o.set_learning_rate(-1.0); }).empty());
    CHECK_FALSE(refusal([&] { o.set_accumulators("t", std::vector<T>(o.template accumulators<T>("t").size(), T(-1))); }).empty());
    CHECK(same_arrays(table.rows.memory, before));
    CHECK(&o.options("t") == options);
    o.flush();
    CHECK_FALSE(same_arrays(table.rows.memory, before));
  }
}

TEST_CASE_TEMPLATE("a lazy decay that leaves nothing stops the step, with nothing changed in any parameter", T, float, double) {
  double rate = 0.1;
  const lazy_case c = case_of(lazy_term::decoupled_decay);
  auto table = eager_table<T>(c).table;
  std::vector<T> w(10, T(1)), g(10, T(1));
  optimizer o({.learning_rate = [&rate](std::uint64_t) { return rate; }});
  o.add("w", w, std::span<const T>(g));
  o.add_table("t", table.table(), c.rows, {.rule = c.rule, .learning_rate_multiplier = 2});
  const auto batch = make_usual_batch<T>(10, lazy_rows, lazy_width, 3);
  batch.set(o, "t");
  o.step();
  const auto before = table.rows.memory, dense = w;
  const std::vector<T> G(o.accumulators<T>("t").begin(), o.accumulators<T>("t").end());
  for (const double bad : {2.5, 3.0, 1e6}) {  // with the multiplier and 0.2 of decay: 1 and more
    rate = bad;
    for (const std::string& said : {refusal([&] { o.step(); }), refusal([&] { o.learning_rate("t"); })})
      CHECK(holds_all(said, {"parameter \"t\"", "learning_rate * weight_decay is ", " * 0.2", "must be below 1", "(at iteration 1)"}));
    CHECK(same_arrays(table.rows.memory, before));
    CHECK(same_arrays(o.accumulators<T>("t"), G));
    CHECK(w == dense);
    CHECK(o.iterations() == 1);
  }
  rate = 2.499;
  o.step();
  CHECK(o.iterations() == 2);
  o.flush();
  for (const T x : table.rows.memory) CHECK(std::isfinite(x));
}
