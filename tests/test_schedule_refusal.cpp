// Schedules that an optimizer refuses, at once and by the field's name, and the schedule that it keeps then.
#include <limits>

#include "doctest/doctest.h"
#include "support/model.hpp"
#include "support/refusal.hpp"
#include "support/schedules.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();

// Whoever takes a schedule refuses this one: the constructor, the setter, and both for a warm-up in front of it.
void refused(const schedule& bad, std::initializer_list<const char*> parts) {
  optimizer o({.learning_rate = 0.25});
  const schedule nested = linear_warmup{.after = bad, .warmup_steps = 5};
  for (const schedule& s : {bad, nested}) {
    const std::string message = refusal([&] { optimizer made({.learning_rate = s}); });
    INFO("message: " << message);
    CHECK(holds_all(message, parts));
    CHECK(refusal([&] { o.set_learning_rate(s); }) == message);
    CHECK(o.learning_rate() == 0.25);
    if (&s == &nested) CHECK(holds_all(message, {"linear_warmup.after"}));
  }
}

// A copy with one field changed.
template <class Rule, class Change>
Rule with(Rule rule, Change change) {
  change(rule);
  return rule;
}

}  // namespace

TEST_CASE("every number outside its range is refused with field, value and remedy") {
  const auto refused_each = [](const auto& base, auto field, std::initializer_list<double> values, const char* name, const char* remedy) {
    for (const double bad : values) {
      const std::string value = std::string(name) + " is " + (bad == -1 ? "-1" : std::isnan(bad) ? "nan" : std::isinf(bad) ? "inf" : "");
      refused(with(base, [&](auto& s) { s.*field = bad; }), {value.c_str(), remedy});
    }
  };
  const auto not_negative = {-1.0, nan_value, infinity}, positive = {0.0, -1.0, nan_value, infinity};
  const auto fraction = {-1.0, 1.5, nan_value, infinity}, at_least_1 = {0.0, 0.99, -1.0, nan_value, infinity};
  using namespace adagrad;
  refused_each(reciprocal, &inverse_time::learning_rate, not_negative, "inverse_time.learning_rate", "0.01");
  refused_each(reciprocal, &inverse_time::decay, not_negative, "inverse_time.decay", "1e-6");
  refused_each(by_time, &inverse_time_decay::initial_learning_rate, not_negative, "inverse_time_decay.initial_learning_rate", "0.01");
  refused_each(by_time, &inverse_time_decay::decay_steps, positive, "inverse_time_decay.decay_steps", "1000");
  refused_each(by_time, &inverse_time_decay::decay_rate, not_negative, "inverse_time_decay.decay_rate", "0.5");
  refused_each(by_power, &exponential_decay::initial_learning_rate, not_negative, "exponential_decay.initial_learning_rate", "0.01");
  refused_each(by_power, &exponential_decay::decay_steps, positive, "exponential_decay.decay_steps", "1000");
  refused_each(by_power, &exponential_decay::decay_rate, not_negative, "exponential_decay.decay_rate", "0.96");
  refused_each(to_the_end, &polynomial_decay::initial_learning_rate, not_negative, "polynomial_decay.initial_learning_rate", "0.01");
  refused_each(to_the_end, &polynomial_decay::decay_steps, positive, "polynomial_decay.decay_steps", "1000");
  refused_each(to_the_end, &polynomial_decay::end_learning_rate, not_negative, "polynomial_decay.end_learning_rate", "0.01");
  refused_each(to_the_end, &polynomial_decay::power, positive, "polynomial_decay.power", "use 1");
  refused_each(by_cosine, &cosine_decay::initial_learning_rate, not_negative, "cosine_decay.initial_learning_rate", "0.01");
  refused_each(by_cosine, &cosine_decay::decay_steps, positive, "cosine_decay.decay_steps", "1000");
  refused_each(by_cosine, &cosine_decay::alpha, fraction, "cosine_decay.alpha", "from 0 to 1");
  refused_each(warmed_cosine, &cosine_decay::warmup_target, not_negative, "cosine_decay.warmup_target", "0.01");
  refused_each(warmed_cosine, &cosine_decay::warmup_steps, not_negative, "cosine_decay.warmup_steps", "1000");
  refused_each(with_restarts, &cosine_decay_restarts::initial_learning_rate, not_negative, "cosine_decay_restarts.initial_learning_rate",
               "0.01");
  refused_each(with_restarts, &cosine_decay_restarts::first_decay_steps, positive, "cosine_decay_restarts.first_decay_steps", "1000");
  refused_each(with_restarts, &cosine_decay_restarts::t_mul, at_least_1, "cosine_decay_restarts.t_mul", "at least 1");
  refused_each(with_restarts, &cosine_decay_restarts::m_mul, positive, "cosine_decay_restarts.m_mul", "use 1");
  refused_each(with_restarts, &cosine_decay_restarts::alpha, fraction, "cosine_decay_restarts.alpha", "from 0 to 1");
  refused_each(warmed, &linear_warmup::start, not_negative, "linear_warmup.start", "use 0");
  for (const double bad : not_negative) refused(bad, {" is ", "0.01"});
}

TEST_CASE("the edges of the ranges are taken") {
  for (const schedule& good : std::initializer_list<schedule>{
           inverse_time_decay{.initial_learning_rate = 0, .decay_steps = 0.25, .decay_rate = 0},
           exponential_decay{.initial_learning_rate = 0, .decay_steps = 0.25, .decay_rate = 0},
           piecewise_constant_decay{.boundaries = {0, 1, ~0ull >> 1}, .values = {0, 0, 0, 0}}, piecewise_constant_decay{.values = {0.5}},
           polynomial_decay{.initial_learning_rate = 0, .decay_steps = 0.25, .end_learning_rate = 0, .power = 1e-3},
           cosine_decay{.initial_learning_rate = 0, .decay_steps = 0.25, .alpha = 0, .warmup_target = 0, .warmup_steps = 0.25},
           cosine_decay{.initial_learning_rate = 0, .decay_steps = 0.25, .alpha = 1},
           cosine_decay_restarts{.initial_learning_rate = 0, .first_decay_steps = 0.25, .t_mul = 1, .m_mul = 1e-3, .alpha = 1},
           linear_warmup{.after = 0, .warmup_steps = ~0ull >> 1}})
    CHECK_NOTHROW(optimizer({.learning_rate = good}));
}

TEST_CASE("a field that must be given is asked for by name") {
  refused(inverse_time_decay{.decay_steps = 1, .decay_rate = 1}, {"inverse_time_decay.initial_learning_rate is nan"});
  refused(inverse_time_decay{.initial_learning_rate = 1, .decay_rate = 1}, {"inverse_time_decay.decay_steps is nan"});
  refused(inverse_time_decay{.initial_learning_rate = 1, .decay_steps = 1}, {"inverse_time_decay.decay_rate is nan"});
  refused(exponential_decay{.decay_steps = 1, .decay_rate = 1}, {"exponential_decay.initial_learning_rate is nan"});
  refused(exponential_decay{.initial_learning_rate = 1, .decay_rate = 1}, {"exponential_decay.decay_steps is nan"});
  refused(exponential_decay{.initial_learning_rate = 1, .decay_steps = 1}, {"exponential_decay.decay_rate is nan"});
  refused(piecewise_constant_decay{}, {"piecewise_constant_decay.values has 0 elements and boundaries has 0"});
  refused(polynomial_decay{.decay_steps = 1}, {"polynomial_decay.initial_learning_rate is nan"});
  refused(polynomial_decay{.initial_learning_rate = 1}, {"polynomial_decay.decay_steps is nan"});
  refused(cosine_decay{.decay_steps = 1}, {"cosine_decay.initial_learning_rate is nan"});
  refused(cosine_decay{.initial_learning_rate = 1}, {"cosine_decay.decay_steps is nan"});
  refused(cosine_decay_restarts{.first_decay_steps = 1}, {"cosine_decay_restarts.initial_learning_rate is nan"});
  refused(cosine_decay_restarts{.initial_learning_rate = 1}, {"cosine_decay_restarts.first_decay_steps is nan"});
  refused(linear_warmup{.warmup_steps = 1}, {"linear_warmup.after is empty", "the schedule that follows"});
  refused(linear_warmup{.after = 1}, {"linear_warmup.warmup_steps is 0", "`after` alone"});
}

TEST_CASE("pieces that do not fit together are refused") {
  const auto pieces = [](std::vector<std::uint64_t> boundaries, std::vector<double> values) {
    return piecewise_constant_decay{std::move(boundaries), std::move(values)};
  };
  refused(pieces({1, 2}, {1, 2}), {"piecewise_constant_decay.values has 2 elements and boundaries has 2", "one value more"});
  refused(pieces({1, 2}, {1, 2, 3, 4}), {"values has 4 elements and boundaries has 2"});
  refused(pieces({1, 5, 5}, {1, 2, 3, 4}), {"piecewise_constant_decay.boundaries[2] is 5 after 5", "sort them"});
  refused(pieces({5, 4}, {1, 2, 3}), {"boundaries[1] is 4 after 5"});
  refused(pieces({static_cast<std::uint64_t>(-1)}, {1, 2}), {"boundaries[0] is 18446744073709551615", "a negative number?"});
  for (const double bad : {-1.0, nan_value, infinity}) refused(pieces({3}, {1, bad}), {"piecewise_constant_decay.values[1] is ", "0.01"});
}

TEST_CASE("no field is taken and then ignored") {
  refused(with(by_cosine, [](auto& s) { s.warmup_steps = 5; }), {"cosine_decay.warmup_steps is 5 without a warmup_target", "both or none"});
  refused(with(by_cosine, [](auto& s) { s.warmup_target = 0.5; }),
          {"cosine_decay.warmup_target is 0.5 with warmup_steps 0", "both or none"});
  refused(with(warmed, [](auto& s) { s.warmup_steps = static_cast<std::uint64_t>(-3); }),
          {"linear_warmup.warmup_steps is 184", "negative number?"});
  refused(with(warmed, [](auto& s) { s.after_counts_from = static_cast<counted_from>(2); }),
          {"linear_warmup.after_counts_from is 2", "counted_from::end_of_warmup"});
  refused(with(reciprocal, [](auto& s) { s.form = static_cast<inverse_time_form>(2); }),
          {"inverse_time.form is 2", "inverse_time_form::quotient"});
}

TEST_CASE("what is wrong inside a warm-up is found at any depth, with the way to it") {
  const auto message = [](const nested_schedule& innermost) {
    const linear_warmup twice{.after = linear_warmup{.after = innermost, .warmup_steps = 5}, .warmup_steps = 5};
    return refusal([&] { optimizer o({.learning_rate = twice}); });
  };
  const std::string way = "adagrad: linear_warmup.after.linear_warmup.after";
  CHECK(message(with(by_cosine, [](auto& s) { s.alpha = 2; })).starts_with(way + ".cosine_decay.alpha is 2;"));
  CHECK(message(-1).starts_with(way + " is -1;"));
  CHECK(message(schedule::callable()).starts_with(way + " is an empty std::function"));
  CHECK(message({}).starts_with(way + " is empty"));
  CHECK(message(0.1).empty());
  nested_schedule given = by_cosine;
  const nested_schedule taken = std::move(given);
  CHECK(message(given).starts_with(way + " is empty"));
  CHECK(message(taken).empty());
}
