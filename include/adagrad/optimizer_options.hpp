/// What an optimizer can be told, for one parameter and for all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "adagrad/options.hpp"
#include "adagrad/parallel.hpp"
#include "adagrad/schedule.hpp"

namespace adagrad {

/// Which form of Adagrad moves a parameter.
enum class method : unsigned char {
  /// w - (learning_rate * g) / H, then proximal terms: what is called Adagrad everywhere (composite mirror descent).
  mirror_descent,
  /// Regularised dual averaging (Duchi, Hazan, Singer, JMLR 12, 2011, section 5.1; TensorFlow's AdagradDA): with u the sum of all gradients so
  /// far (kept in memory of its own) and t = iterations + 1,
  ///     s = proximal_l1 > 0 ? copysign(max(|u| - proximal_l1 * t, 0), u) : u
  ///     w = -(learning_rate * s) / (H + learning_rate * proximal_l2 * t)        (the addend only where proximal_l2 > 0; H = 0: w stays)
  /// The products in double, rounded once; in `exact` arithmetic in either mode. The initial parameters are not used: the first step replaces them. Decoupled weight decay, which would be replaced too, is refused.
  dual_averaging,
};

/// Where in a step the moving average is taken.
enum class average_position : unsigned char {
  after_constraint,   ///< constraint, average, overwrite
  before_constraint,  ///< average, overwrite, constraint (Keras 3)
};

/// An exponential moving average of a parameter: after each of its steps momentum * average + (1 - momentum) * w; at its first step, w
/// (Keras 3's use_ema). Both factors are rounded to the parameter's type, the second from 1 - the rounded first.
struct moving_average {
  bool enabled = false;
  double momentum = 0.99;             ///< in [0, 1] (ema_momentum)
  std::uint64_t overwrite_every = 0;  ///< so many iterations: then w = average; 0 for never (ema_overwrite_frequency)
  average_position position = average_position::after_constraint;
};

/// What one parameter array is updated with.
struct parameter_options {
  update_options rule{};           ///< the rule, its epsilon, decay, proximal terms and constraint
  double initial_accumulator = 0;  ///< what every accumulator starts with; finite and >= 0 (Keras 3, TensorFlow, optax: 0.1)
  adagrad::method method = method::mirror_descent;
  double learning_rate_multiplier = 1;  ///< the parameter's rate is the schedule's times this, in double; finite and >= 0
  /// Where the l2 norm n of the parameter's gradient is above it, the gradient is multiplied by T(clip_norm / n) (Keras' `clipnorm`); > 0,
  /// infinite for none. See optimizer_options::global_clip_norm, which excludes it, clip_order and clip_form.
  double clip_norm = std::numeric_limits<double>::infinity();
  /// Sizes of the axes, slowest first; their product is the number of elements. Constraints on norms need it; nothing else looks at it. Empty: not known.
  tensor_shape shape{};
  double norm_fuzz = 1e-7;  ///< f of max_norm() and its like; finite and >= 0 (Keras' K.epsilon())
  moving_average average{};
  /// The gradients are set to 0 in the same sweep that read them (also when a step is skipped). The caller promises that they may be written, whatever
  /// the const of their span says; they then overlap nothing else, and are not shared between parameters.
  bool zero_gradients = false;
};

/// What a step does when a gradient, multiplied by gradient_scale (and with those accumulated before it), is infinite or NaN.
enum class non_finite_policy : unsigned char {
  propagate,  ///< it is not looked for: IEEE arithmetic takes its course
  /// Parameters, state and counter stay as they are, step_report says so, and training goes on at the next step (loss scaling). Zeroing of gradients is
  /// still done; gradients accumulated so far are dropped, for the NaN may be among them.
  skip,
  error,  ///< std::invalid_argument with the first parameter and index, before anything is changed
};

/// What is clipped first.
enum class clip_order : unsigned char {
  norms_then_value,  ///< norm or global norm of the whole gradient, then each value (Keras 1)
  value_then_norms,  ///< each value, then norms of what is left (Keras 2)
};

/// The factor of clipping by norms, c the largest norm that is let through and n the norm.
enum class clip_form : unsigned char {
  above_only,  ///< c / n where n > c, else none (Keras, TensorFlow, optax)
  guarded,     ///< c / (n + 1e-6) where that is below 1 (PyTorch's clip_grad_norm_)
};

/// Gradients of several calls of `step` before one of them moves anything.
struct gradient_accumulation {
  enum class reduction : unsigned char { mean, sum };
  /// Which calls advance the iteration counter.
  enum class counting : unsigned char {
    updates,  ///< those that move parameters
    /// All (Keras 3): the schedule is asked with the number of calls; moving averages advance at every call, and are overwritten by iterations / calls,
    /// rounded down.
    calls,
  };
  std::uint64_t calls = 1;  ///< every so many calls of step one moves the parameters, with the mean or sum of their gradients; 1: each
  reduction combine = reduction::mean;
  counting counts = counting::updates;
};

struct optimizer_options {
  /// A number, one of the schedules such as inverse_time{learning_rate, decay}, or a callable; see schedule.hpp. The default is Keras 1's.
  schedule learning_rate = 0.01;
  /// For parameters that are added without options of their own.
  parameter_options defaults{};
  non_finite_policy non_finite = non_finite_policy::propagate;
  /// Where the l2 norm n of all gradients together is above it, all are multiplied by T(global_clip_norm / n), see clip_form; > 0, infinite for none. It
  /// and a parameter's clip_norm exclude each other.
  double global_clip_norm = std::numeric_limits<double>::infinity();
  adagrad::clip_order clip_order = clip_order::norms_then_value;
  adagrad::clip_form clip_form = clip_form::above_only;
  bool one_clip_only = false;  ///< refuses more than one of clip_value, clip_norm and global_clip_norm (Keras 3 does)
  gradient_accumulation accumulation{};
  /// Threads of a step. The executor's struct is copied; what its `pool` points to must live as long as the optimizer uses it.
  threading how{};
};

}  // namespace adagrad
