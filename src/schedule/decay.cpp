// The decays, out of line: compiled with the library's flags, whatever those of the code that calls them (contraction would change bits).
#include "adagrad/decay.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace adagrad {
namespace {

// An infinity would be the first half of a NaN: 0 * inf, inf - inf, cos(inf).
double capped(double x) { return std::min(x, std::numeric_limits<double>::max()); }

double elapsed(std::uint64_t iterations, double decay_steps, bool staircase) {
  const double p = capped(static_cast<double>(iterations) / decay_steps);
  return staircase ? std::floor(p) : p;
}

double half_cosine(double amplitude, double p) { return amplitude * (1.0 + std::cos(std::numbers::pi * p)); }

}  // namespace

double inverse_time::operator()(std::uint64_t iterations) const noexcept {
  const double divisor = 1.0 + decay * static_cast<double>(iterations);
  return form == inverse_time_form::quotient ? learning_rate / divisor : learning_rate * (1.0 / divisor);
}

double inverse_time_decay::operator()(std::uint64_t iterations) const noexcept {
  return initial_learning_rate / (1.0 + decay_rate * elapsed(iterations, decay_steps, staircase));
}

double exponential_decay::operator()(std::uint64_t iterations) const noexcept {
  return initial_learning_rate * capped(std::pow(decay_rate, elapsed(iterations, decay_steps, staircase)));
}

double piecewise_constant_decay::operator()(std::uint64_t iterations) const noexcept {
  const auto passed = std::lower_bound(boundaries.begin(), boundaries.end(), iterations) - boundaries.begin();
  const auto k = static_cast<std::size_t>(passed);
  return k < values.size() ? values[k] : std::numeric_limits<double>::quiet_NaN();
}

double polynomial_decay::operator()(std::uint64_t iterations) const noexcept {
  const double step = static_cast<double>(iterations);
  double length = decay_steps;
  if (cycle && iterations > 0) length *= std::ceil(capped(step / decay_steps));
  const double left = 1.0 - std::min(step / length, 1.0);
  // Without pow: straight lines have the same bits everywhere.
  return (initial_learning_rate - end_learning_rate) * (power == 1.0 ? left : std::pow(left, power)) + end_learning_rate;
}

double cosine_decay::operator()(std::uint64_t iterations) const noexcept {
  double step = static_cast<double>(iterations), highest = initial_learning_rate;
  if (warmup_target) {
    highest = *warmup_target;
    if (step < warmup_steps) return (highest - initial_learning_rate) * (step / warmup_steps) + initial_learning_rate;
    step = std::min(step, decay_steps + warmup_steps) - warmup_steps;
  } else {
    step = std::min(step, decay_steps);
  }
  return highest * ((1.0 - alpha) * half_cosine(0.5, step / decay_steps) + alpha);
}

double cosine_decay_restarts::operator()(std::uint64_t iterations) const noexcept {
  double p = elapsed(iterations, first_decay_steps, false), period;
  if (t_mul == 1.0) {
    period = std::floor(p);
    p -= period;
  } else {
    period = std::floor(std::log(capped(1.0 - p * (1.0 - t_mul))) / std::log(t_mul));
    const double length = capped(std::pow(t_mul, period)), before = capped((1.0 - length) / (1.0 - t_mul));
    p = (p - before) / length;
  }
  return initial_learning_rate * ((1.0 - alpha) * half_cosine(0.5 * capped(std::pow(m_mul, period)), p) + alpha);
}

}  // namespace adagrad
