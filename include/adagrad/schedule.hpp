/// Learning-rate schedules.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

namespace adagrad {

/// Keras 1's decay: learning_rate * (1 / (1 + decay * iterations)), in double, in this association. `iterations` counts the steps finished
/// before this one, 0 for the first; beyond 2^53 it is rounded to double. The call does not check: who is given the schedule does.
struct inverse_time {
  double learning_rate = 0.01;  ///< finite and >= 0
  double decay = 0;             ///< finite and >= 0

  constexpr double operator()(std::uint64_t iterations) const noexcept {
    return learning_rate * (1.0 / (1.0 + decay * static_cast<double>(iterations)));
  }
};

/// A learning rate as a function of the number of steps finished before: a constant, `inverse_time`, or anything that can be called with a
/// std::uint64_t and returns a double, for example a lambda. A value: copying it copies the callable. Whoever uses it refuses a rate
/// that is not finite or is negative; a callable may throw.
class schedule {
 public:
  using callable = std::function<double(std::uint64_t iterations)>;

  template <class Number>
    requires(std::is_arithmetic_v<Number> && !std::same_as<Number, bool>)
  schedule(Number constant) : rule_(static_cast<double>(constant)) {}
  schedule(inverse_time decaying) : rule_(decaying) {}
  template <class F>
    requires(std::is_invocable_r_v<double, F&, std::uint64_t> && !std::same_as<std::remove_cvref_t<F>, inverse_time> &&
             !std::same_as<std::remove_cvref_t<F>, schedule> && std::copy_constructible<std::decay_t<F>>)
  schedule(F&& custom) : rule_(std::in_place_type<callable>, std::forward<F>(custom)) {}

  double operator()(std::uint64_t iterations) const {
    if (const auto* constant = std::get_if<double>(&rule_)) return *constant;
    if (const auto* decaying = std::get_if<inverse_time>(&rule_)) return (*decaying)(iterations);
    return std::get<callable>(rule_)(iterations);
  }

  /// What it is: a constant, an inverse_time or a callable.
  const std::variant<double, inverse_time, callable>& rule() const noexcept { return rule_; }

 private:
  std::variant<double, inverse_time, callable> rule_;
};

}  // namespace adagrad
