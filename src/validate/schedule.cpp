#include "validate/schedule.hpp"

#include <cmath>
#include <string>

#include "validate/fail.hpp"
#include "validate/numbers.hpp"

namespace adagrad::validate {
namespace {

constexpr const char* rate_remedy = "use a number such as 0.01 (a rate that Caffe2 or FBGEMM takes negative is positive here)";

void check(const schedule& rate, const std::string& place);

// The fields of one schedule. `place` is what stands before their names.
struct fields {
  std::string place;

  [[noreturn]] void refuse(const std::string& field, const std::string& what) const { fail(nullptr, place + field + what); }
  void not_negative(const std::string& field, double value, const char* remedy) const {
    validate::not_negative<double>((place + field).c_str(), value, remedy);
  }
  void rate(const std::string& field, double value) const { not_negative(field, value, rate_remedy); }
  void positive(const std::string& field, double value, const char* remedy) const {
    if (!std::isfinite(value) || value <= 0) refuse(field, " is " + text(value) + "; it must be finite and above 0: " + remedy);
  }
  void length(const std::string& field, double steps) const { positive(field, steps, "use a number of steps such as 1000"); }
  void fraction(const std::string& field, double value) const {
    if (!(value >= 0 && value <= 1))
      refuse(field, " is " + text(value) + "; it must be from 0 to 1: give the lowest rate as a fraction of the highest");
  }
  void count(const std::string& field, std::uint64_t steps) const {
    if (steps >> 63 != 0) refuse(field, " is " + std::to_string(steps) + "; it must be below 2^63: was it a negative number?");
  }
};

void check(const inverse_time& s, const fields& of) {
  of.rate("learning_rate", s.learning_rate);
  of.not_negative("decay", s.decay, "use a small number such as 1e-6, or 0");
  if (s.form > inverse_time_form::quotient)
    of.refuse("form", " is " + std::to_string(static_cast<unsigned>(s.form)) +
                          ", which is none of its values: use inverse_time_form::reciprocal_product or inverse_time_form::quotient");
}

void check(const inverse_time_decay& s, const fields& of) {
  of.rate("initial_learning_rate", s.initial_learning_rate);
  of.length("decay_steps", s.decay_steps);
  of.not_negative("decay_rate", s.decay_rate, "use a number such as 0.5");
}

void check(const exponential_decay& s, const fields& of) {
  of.rate("initial_learning_rate", s.initial_learning_rate);
  of.length("decay_steps", s.decay_steps);
  of.not_negative("decay_rate", s.decay_rate, "use a number such as 0.96");
}

void check(const piecewise_constant_decay& s, const fields& of) {
  if (s.values.size() != s.boundaries.size() + 1)
    of.refuse("values", " has " + std::to_string(s.values.size()) + " elements and boundaries has " + std::to_string(s.boundaries.size()) +
                            ": give one value more than boundaries, the last for what comes after the last boundary");
  for (std::size_t i = 0; i < s.boundaries.size(); ++i) {
    const std::string field = "boundaries[" + std::to_string(i) + "]";
    of.count(field, s.boundaries[i]);
    if (i > 0 && s.boundaries[i] <= s.boundaries[i - 1])
      of.refuse(field, " is " + std::to_string(s.boundaries[i]) + " after " + std::to_string(s.boundaries[i - 1]) +
                           "; each must be above the one before it: sort them, their values too, and leave none in twice");
  }
  for (std::size_t i = 0; i < s.values.size(); ++i) of.rate("values[" + std::to_string(i) + "]", s.values[i]);
}

void check(const polynomial_decay& s, const fields& of) {
  of.rate("initial_learning_rate", s.initial_learning_rate);
  of.length("decay_steps", s.decay_steps);
  of.rate("end_learning_rate", s.end_learning_rate);
  of.positive("power", s.power, "use 1 for a straight line");
}

void check(const cosine_decay& s, const fields& of) {
  of.rate("initial_learning_rate", s.initial_learning_rate);
  of.length("decay_steps", s.decay_steps);
  of.fraction("alpha", s.alpha);
  of.not_negative("warmup_steps", s.warmup_steps, "use a number of steps such as 1000, or 0");
  if (!s.warmup_target) {
    if (s.warmup_steps > 0)
      of.refuse("warmup_steps", " is " + text(s.warmup_steps) + " without a warmup_target, which Keras ignores: give both or none");
    return;
  }
  of.rate("warmup_target", *s.warmup_target);
  if (s.warmup_steps == 0)
    of.refuse("warmup_target",
              " is " + text(*s.warmup_target) + " with warmup_steps 0, so that initial_learning_rate would be ignored: give both or none");
}

void check(const cosine_decay_restarts& s, const fields& of) {
  of.rate("initial_learning_rate", s.initial_learning_rate);
  of.length("first_decay_steps", s.first_decay_steps);
  if (!std::isfinite(s.t_mul) || s.t_mul < 1)
    of.refuse("t_mul", " is " + text(s.t_mul) + "; it must be finite and at least 1: use 1 for periods of one length, 2 to double them");
  of.positive("m_mul", s.m_mul, "use 1 to start each period with the same rate");
  of.fraction("alpha", s.alpha);
}

void check(const linear_warmup& s, const fields& of) {
  if (s.after.get() == nullptr) of.refuse("after", " is empty: give it the number or the schedule that follows the warm-up");
  check(*s.after.get(), of.place + "after");
  of.count("warmup_steps", s.warmup_steps);
  if (s.warmup_steps == 0)
    of.refuse("warmup_steps", " is 0; it must be above 0: to have no warm-up, use what is in `after` alone, for `start` would be ignored");
  of.not_negative("start", s.start, "use 0 or a small rate");
  if (s.after_counts_from > counted_from::first_step)
    of.refuse("after_counts_from", " is " + std::to_string(static_cast<unsigned>(s.after_counts_from)) +
                                       ", which is none of its values: use counted_from::end_of_warmup or counted_from::first_step");
}

struct checker {
  const std::string& place;  // empty for the outermost

  void operator()(double constant) const { not_negative<double>(name(), constant, rate_remedy); }
  void operator()(const schedule::callable& custom) const {
    if (!custom) fail(nullptr, std::string(name()) + " is an empty std::function: give it something to call");
  }
  void operator()(const inverse_time& s) const { check(s, inside("inverse_time")); }
  void operator()(const inverse_time_decay& s) const { check(s, inside("inverse_time_decay")); }
  void operator()(const exponential_decay& s) const { check(s, inside("exponential_decay")); }
  void operator()(const piecewise_constant_decay& s) const { check(s, inside("piecewise_constant_decay")); }
  void operator()(const polynomial_decay& s) const { check(s, inside("polynomial_decay")); }
  void operator()(const cosine_decay& s) const { check(s, inside("cosine_decay")); }
  void operator()(const cosine_decay_restarts& s) const { check(s, inside("cosine_decay_restarts")); }
  void operator()(const linear_warmup& s) const { check(s, inside("linear_warmup")); }

 private:
  const char* name() const { return place.empty() ? "learning_rate" : place.c_str(); }
  fields inside(const char* kind) const { return {(place.empty() ? "" : place + ".") + kind + "."}; }
};

void check(const schedule& rate, const std::string& place) { std::visit(checker{place}, rate.rule()); }

}  // namespace

void learning_rate_schedule(const schedule& rate) { check(rate, ""); }

}  // namespace adagrad::validate
