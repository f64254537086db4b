/// Learning rates that change with the iterations: Keras' schedules under Keras' names and fields, and Keras 1's and PyTorch's `decay`.
///
/// - Each is a plain value, called with the number of steps finished before this one: 0 for the first. The number is converted to double once; beyond
///   2^53 it is rounded (piecewise_constant_decay compares it unrounded). Up to 2^64 - 1 no schedule with fields as stated gives NaN.
/// - Computed in double, in Keras' order of operations. Keras itself computes in its floatx, float32 unless told otherwise; that is not imitated.
/// - + - * / are rounded as IEEE 754 says: the same bits on every machine. pow, cos and log are the C library's and may differ in the last
///   bit between machines; each schedule says which it uses.
/// - Fields that have no default in Keras are `required`: they start as NaN, and whoever forgets one is told its name.
/// - The calls do not check the fields. `optimizer` does when it is given a schedule: std::invalid_argument with field, value and remedy.
/// - Lengths in steps are doubles, finite and above 0, as in Keras, which takes fractions of a step too.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "adagrad/api.hpp"

namespace adagrad {

/// What a field without a default starts as.
inline constexpr double required = std::numeric_limits<double>::quiet_NaN();

/// The two ways to write inverse_time; in double they differ by an ulp in a good part of all cases.
enum class inverse_time_form : unsigned char {
  reciprocal_product,  ///< learning_rate * (1 / (1 + decay * iterations)): Keras 1
  quotient,  ///< learning_rate / (1 + decay * iterations): PyTorch's lr / (1 + (step - 1) * lr_decay), whose first step is 1; tf.keras 2's `decay`
};

/// The `decay` of Keras 1, tf.keras 2 and PyTorch, in the association that `form` states.
struct inverse_time {
  double learning_rate = 0.01;  ///< finite and >= 0
  double decay = 0;             ///< finite and >= 0
  inverse_time_form form = inverse_time_form::reciprocal_product;

  ADAGRAD_API double operator()(std::uint64_t iterations) const noexcept;
};

/// Keras' InverseTimeDecay: initial_learning_rate / (1 + decay_rate * p) with p = iterations / decay_steps, rounded down when `staircase`.
struct inverse_time_decay {
  double initial_learning_rate = required;  ///< finite and >= 0
  double decay_steps = required;            ///< finite and > 0
  double decay_rate = required;             ///< finite and >= 0
  bool staircase = false;                   ///< the rate stays for decay_steps steps, and then falls at once

  ADAGRAD_API double operator()(std::uint64_t iterations) const noexcept;
};

/// Keras' ExponentialDecay: initial_learning_rate * pow(decay_rate, p) with p = iterations / decay_steps, rounded down when `staircase`. A
/// decay_rate above 1 makes the rate grow (to search for one, for example); where double ends, pow gives the largest double.
struct exponential_decay {
  double initial_learning_rate = required;  ///< finite and >= 0
  double decay_steps = required;            ///< finite and > 0
  double decay_rate = required;             ///< finite and >= 0; with 0 nothing is left after the start
  bool staircase = false;                   ///< the rate stays for decay_steps steps, and then falls at once

  ADAGRAD_API double operator()(std::uint64_t iterations) const noexcept;
};

/// Keras' PiecewiseConstantDecay: values[k] with k = the number of boundaries below `iterations`; an iteration that equals a boundary still has the value
/// before it. Without boundaries: the only value.
struct piecewise_constant_decay {
  std::vector<std::uint64_t> boundaries{};  ///< each above the one before it, below 2^63
  std::vector<double> values{};             ///< finite and >= 0, one more than boundaries

  ADAGRAD_API double operator()(std::uint64_t iterations) const noexcept;
};

/// Keras' PolynomialDecay: (initial_learning_rate - end_learning_rate) * pow(1 - p, power) + end_learning_rate with p = min(iterations, decay_steps) /
/// decay_steps. When `cycle`: p = iterations / (decay_steps * c), c the smallest whole number >= 1 for which p <= 1 (also where rounding
/// would put p above 1 and Keras returns NaN or a rate below its end). Uses pow unless power is 1.
struct polynomial_decay {
  double initial_learning_rate = required;  ///< finite and >= 0
  double decay_steps = required;            ///< finite and > 0
  double end_learning_rate = 0.0001;        ///< finite and >= 0; may be above the initial rate
  double power = 1.0;                       ///< finite and > 0; 1: a straight line
  bool cycle = false;                       ///< starts again after decay_steps, each time with a longer and lower slope

  ADAGRAD_API double operator()(std::uint64_t iterations) const noexcept;
};

/// Keras' CosineDecay: initial_learning_rate * ((1 - alpha) * (0.5 * (1 + cos(pi * p))) + alpha) with p = min(iterations, decay_steps) / decay_steps.
///
/// With a warmup_target, and n = iterations: while n < warmup_steps, (warmup_target - initial_learning_rate) * (n / warmup_steps) +
/// initial_learning_rate; from then on the cosine with warmup_target in place of initial_learning_rate and n - warmup_steps in place of n. Of
/// warmup_target and warmup_steps both or none must be given (Keras ignores warmup_steps alone, and warmup_target alone makes it
/// ignore initial_learning_rate).
struct cosine_decay {
  double initial_learning_rate = required;  ///< finite and >= 0
  double decay_steps = required;            ///< finite and > 0; the warm-up comes on top
  double alpha = 0.0;                       ///< in [0, 1]: what is left in the end, as a fraction of the highest rate
  std::optional<double> warmup_target{};    ///< finite and >= 0
  double warmup_steps = 0;                  ///< finite; > 0 with a warmup_target, 0 without

  ADAGRAD_API double operator()(std::uint64_t iterations) const noexcept;
};

/// Keras' CosineDecayRestarts (SGDR, Loshchilov and Hutter 2017): period i = 0, 1, ... is first_decay_steps * t_mul^i steps long and goes by half
/// a cosine from initial_learning_rate * ((1 - alpha) * m_mul^i + alpha) down to initial_learning_rate * alpha:
///
///     initial_learning_rate * ((1 - alpha) * (0.5 * m_mul^i * (1 + cos(pi * p))) + alpha)
///
/// p is the finished part of the period. With t_mul = 1, i = floor(iterations / first_decay_steps); otherwise i = floor(log(1 - (iterations /
/// first_decay_steps) * (1 - t_mul)) / log(t_mul)), whose rounding may put a restart one step late (the fifth at t_mul = 3, for example): as in Keras.
/// Uses pow, cos and log.
struct cosine_decay_restarts {
  double initial_learning_rate = required;  ///< finite and >= 0
  double first_decay_steps = required;      ///< finite and > 0
  double t_mul = 2.0;                       ///< finite and >= 1: below 1 the periods would have an end, after which Keras returns NaN
  double m_mul = 1.0;                       ///< finite and > 0
  double alpha = 0.0;                       ///< in [0, 1]

  ADAGRAD_API double operator()(std::uint64_t iterations) const noexcept;
};

}  // namespace adagrad
