/// Learning-rate schedules: what `optimizer` takes as its learning rate. The decays themselves are in decay.hpp.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include "adagrad/api.hpp"
#include "adagrad/decay.hpp"

namespace adagrad {

class schedule;
class nested_schedule;
struct linear_warmup;

/// The schedules that the library knows, apart from a number.
template <class T>
concept built_in_schedule = std::same_as<T, inverse_time> || std::same_as<T, inverse_time_decay> || std::same_as<T, exponential_decay> ||
    std::same_as<T, piecewise_constant_decay> || std::same_as<T, polynomial_decay> || std::same_as<T, cosine_decay> ||
    std::same_as<T, cosine_decay_restarts> || std::same_as<T, linear_warmup>;

/// A schedule inside another one; made from whatever a schedule is made from. A value: copying it copies the schedule. Empty when nothing was
/// given, and after it was moved from.
class ADAGRAD_API nested_schedule {
 public:
  nested_schedule() noexcept;
  template <class Rule>
    requires(!std::same_as<std::remove_cvref_t<Rule>, nested_schedule> && std::constructible_from<schedule, Rule>)
  nested_schedule(Rule&& rule);
  nested_schedule(const nested_schedule& other);
  nested_schedule(nested_schedule&& other) noexcept;
  nested_schedule& operator=(const nested_schedule& other);
  nested_schedule& operator=(nested_schedule&& other) noexcept;
  ~nested_schedule();

  /// Null when empty.
  const schedule* get() const noexcept { return held_.get(); }

 private:
  std::unique_ptr<const schedule> held_;
};

/// Which iterations the schedule behind a warm-up sees.
enum class counted_from : unsigned char {
  end_of_warmup,  ///< iterations - warmup_steps: PyTorch's SequentialLR, transformers' warm-ups, optax' join_schedules, Keras' CosineDecay
  first_step,     ///< iterations: its boundaries and lengths are those of the whole training
};

/// A warm-up in front of any schedule. While iterations < warmup_steps, a straight line from `start` to the rate that `after` begins with, in
/// double, in this association:
///
///     (first - start) * (iterations / warmup_steps) + start
///
/// with first = after(0), or after(warmup_steps) when it counts from the first step; then `after` itself. It is asked once in each call, during the
/// warm-up always for `first`; what it throws passes through. An empty `after` gives NaN, which the optimizer refuses.
///
///     adagrad::linear_warmup{.after = adagrad::cosine_decay{.initial_learning_rate = 0.1, .decay_steps = 9000}, .warmup_steps = 1000}
struct linear_warmup {
  nested_schedule after{};         ///< must be given: a number, any schedule (a linear_warmup too), or a callable
  std::uint64_t warmup_steps = 0;  ///< must be given: > 0 and below 2^63. For no warm-up use `after` alone
  double start = 0;                ///< the rate of the first step, finite and >= 0 (PyTorch's LinearLR starts with a third of the rate)
  counted_from after_counts_from = counted_from::end_of_warmup;

  ADAGRAD_API double operator()(std::uint64_t iterations) const;
};

/// A learning rate as a function of the number of steps finished before: a number, one of the library's schedules, or anything that can be called
/// with a std::uint64_t and returns a double, for example a lambda. A value: copying it copies the callable. Asking it allocates nothing. Whoever
/// uses it refuses a rate that is not finite or is negative; a callable may throw.
class schedule {
 public:
  using callable = std::function<double(std::uint64_t iterations)>;
  using kinds = std::variant<double, inverse_time, inverse_time_decay, exponential_decay, piecewise_constant_decay, polynomial_decay,
                             cosine_decay, cosine_decay_restarts, linear_warmup, callable>;

  template <class Number>
    requires(std::is_arithmetic_v<Number> && !std::same_as<Number, bool>)
  schedule(Number constant) : rule_(static_cast<double>(constant)) {}
  template <built_in_schedule Rule>
  schedule(Rule rule) : rule_(std::move(rule)) {}
  template <class F>
    requires(!built_in_schedule<std::remove_cvref_t<F>> && !std::same_as<std::remove_cvref_t<F>, schedule> &&
             std::is_invocable_r_v<double, F&, std::uint64_t> && std::copy_constructible<std::decay_t<F>>)
  schedule(F&& custom) : rule_(std::in_place_type<callable>, std::forward<F>(custom)) {}

  ADAGRAD_API double operator()(std::uint64_t iterations) const;

  /// What it is, with its fields.
  const kinds& rule() const noexcept { return rule_; }

 private:
  kinds rule_;
};

template <class Rule>
  requires(!std::same_as<std::remove_cvref_t<Rule>, nested_schedule> && std::constructible_from<schedule, Rule>)
nested_schedule::nested_schedule(Rule&& rule) : held_(std::make_unique<const schedule>(std::forward<Rule>(rule))) {}

}  // namespace adagrad
