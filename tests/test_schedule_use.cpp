// Schedules in use: each field does something, warm-ups, copies, and what an optimizer's steps see.
#include <cmath>
#include <limits>
#include <memory>

#include "doctest/doctest.h"
#include "support/bits.hpp"
#include "support/model.hpp"
#include "support/schedules.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

std::vector<double> rates(const schedule& s, std::uint64_t count = 100) {
  std::vector<double> found;
  for (std::uint64_t it = 0; it < count; ++it) found.push_back(s(it));
  return found;
}

// A copy with one field changed.
template <class Rule, class Change>
Rule with(Rule rule, Change change) {
  change(rule);
  return rule;
}

}  // namespace

TEST_CASE("each field of each kind does something") {
  const auto differ = [](const char* field, const schedule& a, const schedule& b) {
    INFO(field);
    CHECK(first_difference(rates(a), rates(b)) < 100);
  };
#define CHANGED(schedule, field, value) differ(#schedule "." #field, schedule, with(schedule, [](auto& s) { s.field = value; }))
  CHANGED(reciprocal, learning_rate, 0.2);
  CHANGED(reciprocal, decay, 0.06);
  CHANGED(reciprocal, form, inverse_time_form::quotient);
  CHANGED(by_time, initial_learning_rate, 0.2);
  CHANGED(by_time, decay_steps, 8);
  CHANGED(by_time, decay_rate, 0.5);
  CHANGED(by_time, staircase, true);
  CHANGED(by_power, initial_learning_rate, 0.2);
  CHANGED(by_power, decay_steps, 8);
  CHANGED(by_power, decay_rate, 0.8);
  CHANGED(by_power, staircase, true);
  for (std::size_t i = 0; i < 3; ++i) differ("boundaries", in_pieces, with(in_pieces, [i](auto& s) { ++s.boundaries[i]; }));
  for (std::size_t i = 0; i < 4; ++i) differ("values", in_pieces, with(in_pieces, [i](auto& s) { s.values[i] = 0.2; }));
  CHANGED(to_the_end, initial_learning_rate, 0.2);
  CHANGED(to_the_end, decay_steps, 22);
  CHANGED(to_the_end, end_learning_rate, 0.03);
  CHANGED(to_the_end, power, 1);
  CHANGED(to_the_end, cycle, true);
  CHANGED(by_cosine, initial_learning_rate, 0.2);
  CHANGED(by_cosine, decay_steps, 22);
  CHANGED(by_cosine, alpha, 0.2);
  CHANGED(warmed_cosine, initial_learning_rate, 0.2);
  CHANGED(warmed_cosine, warmup_target, 0.2);
  CHANGED(warmed_cosine, warmup_steps, 7);
  CHANGED(with_restarts, initial_learning_rate, 0.2);
  CHANGED(with_restarts, first_decay_steps, 6);
  CHANGED(with_restarts, t_mul, 1);
  CHANGED(with_restarts, m_mul, 1);
  CHANGED(with_restarts, alpha, 0.2);
  CHANGED(warmed, after, by_time);
  CHANGED(warmed, warmup_steps, 7);
  CHANGED(warmed, start, 0.04);
  CHANGED(warmed, after_counts_from, counted_from::first_step);
#undef CHANGED
}

TEST_CASE("linear_warmup: a straight line to where the schedule behind it begins, which counts from there or from the first step") {
  const linear_warmup to_number{.after = 0.5, .warmup_steps = 4};
  CHECK(rates(to_number, 6) == std::vector<double>{0, 0.125, 0.25, 0.375, 0.5, 0.5});
  const linear_warmup down{.after = 0.25, .warmup_steps = 2, .start = 0.75};
  CHECK(rates(down, 4) == std::vector<double>{0.75, 0.5, 0.25, 0.25});

  // As transformers' warm-ups, PyTorch's SequentialLR and optax' join_schedules do.
  const piecewise_constant_decay pieces{.boundaries = {0, 2, 5}, .values = {1, 0.5, 0.25, 0.125}};
  CHECK(rates(linear_warmup{.after = pieces, .warmup_steps = 4}, 8) == std::vector<double>{0, 0.25, 0.5, 0.75, 1, 0.5, 0.5, 0.25});
  const linear_warmup whole{.after = pieces, .warmup_steps = 4, .after_counts_from = counted_from::first_step};
  CHECK(rates(whole, 8) == std::vector<double>{0, 0.0625, 0.125, 0.1875, 0.25, 0.25, 0.125, 0.125});

  const linear_warmup twice{.after = linear_warmup{.after = 1, .warmup_steps = 2, .start = 0.5}, .warmup_steps = 2};
  CHECK(rates(twice, 6) == std::vector<double>{0, 0.25, 0.5, 0.75, 1, 1});
  CHECK(std::isnan(linear_warmup{.warmup_steps = 3}(1)));
  CHECK(std::isnan(piecewise_constant_decay{.boundaries = {5}}(1)));  // asked though nobody checked it: no value, but no crash
}

TEST_CASE("linear_warmup around a cosine_decay is Keras' own warm-up of CosineDecay, bit for bit") {
  const cosine_decay behind{.initial_learning_rate = *warmed_cosine.warmup_target, .decay_steps = warmed_cosine.decay_steps, .alpha = 0.1};
  const linear_warmup around{.after = behind, .warmup_steps = 6, .start = warmed_cosine.initial_learning_rate};
  CHECK(first_difference(rates(around), rates(warmed_cosine)) == 100);
}

TEST_CASE("linear_warmup asks a callable once in each call") {
  std::vector<std::uint64_t> asked;
  const auto rate = [&](std::uint64_t iterations) {
    asked.push_back(iterations);
    return 0.5;
  };
  linear_warmup s{.after = rate, .warmup_steps = 3};
  rates(s, 5);
  CHECK(asked == std::vector<std::uint64_t>{0, 0, 0, 0, 1});
  asked.clear();
  s.after_counts_from = counted_from::first_step;
  rates(s, 5);
  CHECK(asked == std::vector<std::uint64_t>{3, 3, 3, 3, 4});
}

TEST_CASE("schedules are values: a copy has its own fields and callables, a moved one gives everything away") {
  for (const named_schedule& each : all_schedules()) {
    INFO(each.name);
    const schedule& original = each.rule;
    const auto expected = rates(original);
    schedule copy = original, assigned = 1;
    assigned = copy;
    CHECK(copy.rule().index() == original.rule().index());
    const schedule moved = std::move(copy);
    copy = 2.0;
    CHECK(rates(copy, 3) == std::vector<double>{2, 2, 2});
    CHECK(rates(moved) == expected);
    CHECK(rates(assigned) == expected);
    CHECK(rates(original) == expected);
    linear_warmup around{.after = original, .warmup_steps = 5};
    const linear_warmup kept = around;
    linear_warmup other{.after = 7, .warmup_steps = 1};
    other = kept;
    const linear_warmup taken = std::move(around);
    CHECK(around.after.get() == nullptr);
    CHECK(kept.after.get() != taken.after.get());
    CHECK(rates(kept) == rates(taken));
    CHECK(rates(other) == rates(taken));
  }
  // A callable that counts its calls: those of a copy, also inside a warm-up, are its own.
  const schedule counting = linear_warmup{.after = [calls = 0](std::uint64_t) mutable { return double(++calls); }, .warmup_steps = 1};
  const schedule copy = counting;
  CHECK(rates(counting, 3) == std::vector<double>{0, 2, 3});
  CHECK(rates(copy, 3) == std::vector<double>{0, 2, 3});
  static_assert(std::is_nothrow_move_constructible_v<schedule> && std::is_nothrow_move_constructible_v<linear_warmup>);
}

TEST_CASE("a schedule tells what it is, with its fields") {
  const schedule s = warmed_twice;
  const auto& outer = std::get<linear_warmup>(s.rule());
  CHECK(outer.warmup_steps == 9);
  const auto& inner = std::get<linear_warmup>(outer.after.get()->rule());
  CHECK(std::get<piecewise_constant_decay>(inner.after.get()->rule()).boundaries == in_pieces.boundaries);
  CHECK(std::get<double>(schedule(3).rule()) == 3);
}

TEST_CASE("what a schedule can be made of is settled when compiling") {
  static_assert(std::is_convertible_v<cosine_decay, nested_schedule> && std::is_convertible_v<int, nested_schedule> &&
                std::is_convertible_v<schedule, nested_schedule>);
  static_assert(!std::is_convertible_v<bool, nested_schedule> && !std::is_convertible_v<const char*, nested_schedule> &&
                !std::is_convertible_v<nested_schedule, schedule>);
  const auto move_only = [p = std::unique_ptr<int>()](std::uint64_t) { return p ? 0.0 : 1.0; };
  static_assert(!std::is_constructible_v<nested_schedule, decltype(move_only)>);
}

TEST_CASE("with every kind, a step uses the value at the iterations finished before it") {
  for (const named_schedule& each : all_schedules()) {
    INFO(each.name);
    const schedule& rate = each.rule;
    std::vector<double> w(3, 1.0), expected = w, G(3);
    const std::vector<double> g{0.5, -2, 3};
    optimizer o({.learning_rate = rate});
    o.add("w", w, g);
    for (std::uint64_t it = 0; it < 40; ++it) {
      if (it == 20) o.set_learning_rate(rate);  // the counter stays
      REQUIRE(same(o.learning_rate(), rate(it)));
      const step_report report = o.step();
      REQUIRE(report.iteration == it);
      REQUIRE(same(report.learning_rate, rate(it)));
      reference::update(expected, g, G, rate(it));
      REQUIRE(first_difference(w, expected) == 3);
    }
    o.set_iterations(~0ull);
    if (each.name != "callable") CHECK(same(o.learning_rate(), rate(~0ull)));  // it adds 1
  }
}

TEST_CASE("a rate that grows out of double stops the step, and says at which iteration") {
  std::vector<double> w(3, 1.0);
  const std::vector<double> g(3, 1.0);
  optimizer o({.learning_rate = exponential_decay{.initial_learning_rate = 2, .decay_steps = 1, .decay_rate = 10}});
  o.add("w", w, g);
  o.set_iterations(400);
  CHECK_THROWS_WITH_AS(o.step(), doctest::Contains("learning_rate is inf"), std::invalid_argument);
  CHECK(w == std::vector<double>(3, 1.0));
}
