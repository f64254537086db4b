/// The choices of the Adagrad rule.
#pragma once

#include <limits>

#include "adagrad/constraint.hpp"

namespace adagrad {

/// How roots and quotients are evaluated.
enum class arithmetic : unsigned char {
  /// IEEE-754, round to nearest, each operation rounded once, no contraction: the same bits as `adagrad::reference` on every
  /// instruction set, thread count, alignment and split of the arrays. (NaN appears in the same places; its sign and payload
  /// are unspecified.)
  exact,
  /// Estimates with Newton steps where they beat `exact`: on AVX-512. The update (lr*g)/H then differs from the exact one by at most 6 ulp in
  /// float and 8 ulp in double as long as lr*g is a normal number (3 is the most over all float accumulators
  /// at the usual epsilons, 5 the most ever seen; counting all roundings gives 9).
  /// At overflow and underflow that may be the neighbour of an infinity or of a zero. NaN where `exact` is NaN, never infinite or NaN where
  /// `exact` is finite, no move where the gradient or H is 0. The same bits for every length, offset, split and
  /// thread count on one CPU, not across CPUs. On all other instruction sets `exact` is the fastest kernel that comes within this bound, and
  /// `fast` gives its bits.
  fast,
};

/// Where epsilon stands in the denominator H. G is the accumulator.
enum class epsilon_place : unsigned char {
  outside_root,  ///< H = sqrt(G) + epsilon (Keras 1 and 2, PyTorch, FBGEMM, Caffe2)
  inside_root,   ///< H = sqrt(G + epsilon) (Keras 3, optax)
};

/// Which accumulator the denominator is formed from.
enum class accumulator_use : unsigned char {
  after,   ///< G after this gradient's square was added (Keras, PyTorch, TensorFlow, FBGEMM)
  before,  ///< G as it was before (LightFM, GloVe)
};

/// What weight decay does.
enum class weight_decay_kind : unsigned char {
  coupled,  ///< L2 regularisation, part of the gradient: g + weight_decay * w, which is accumulated too (PyTorch's Adagrad)
  /// Apart from the gradient: w - (learning_rate * weight_decay) * w, before the move (as in AdamW); the product of the two in double, rounded once.
  decoupled,
};

/// How a product is added: x*y + z.
enum class multiply_add : unsigned char {
  two_roundings,  ///< the product is rounded, then the sum (Keras, TensorFlow, NumPy)
  one_rounding,   ///< the sum alone is rounded, as a fused multiply-add does it (PyTorch's builds for processors that have one)
};

/// The hyperparameters of a step, apart from the learning rate. The defaults are those of Keras 1. Everything here looks at one element at a
/// time and shares one sweep over memory; what needs a norm, a shape or memory of its own is in `parameter_options` and `optimizer_options`.
struct update_options {
  /// Added to the denominator; finite and >= 0. Kept in double and rounded once to the type of the parameters. Where it is 0 and G is 0
  /// too, the parameter does not move (decoupled decay apart).
  double epsilon = 1e-8;
  epsilon_place epsilon_placement = epsilon_place::outside_root;
  accumulator_use accumulator_used = accumulator_use::after;
  arithmetic mode = arithmetic::exact;
  /// Makes the accumulator forget: decay * G + g * g; in (0, 1] (Caffe2's `decay`; Keras' `decay` is the learning rate's, see inverse_time). Below
  /// 1 it goes with accumulator_use::after only. Where gradients stay 0 accumulators end as subnormal numbers, which make steps slow.
  double accumulator_decay = 1;

  /// Each gradient is first multiplied by it: the inverse of a loss scale or of the batch size. Finite and > 0. The caller's gradients stay.
  double gradient_scale = 1;
  /// Climbs instead of descending: the sign of the gradient is changed, after scaling (PyTorch's `maximize`).
  bool maximize = false;
  /// Then g < -c ? -c : g > c ? c : g (Keras' `clipvalue`); > 0, infinite for none. NaN stays NaN.
  double clip_value = std::numeric_limits<double>::infinity();
  /// Finite and >= 0; 0, or what rounds to it, is none. (With decay, an infinite parameter becomes NaN.)
  double weight_decay = 0;
  weight_decay_kind decay_kind = weight_decay_kind::coupled;

  multiply_add accumulate_rounding = multiply_add::two_roundings;  ///< of G + g * g, and of (accumulator_decay * G) + g * g
  multiply_add decay_rounding = multiply_add::two_roundings;       ///< of g + weight_decay * w, coupled decay
  /// Steps use the accumulator as it is and leave it so (TensorFlow's `update_slots=False`); `accumulator_used` has no second choice then.
  bool freeze_accumulators = false;
  /// False: an element whose accumulator is 0, after a gradient (coupled decay included) whose square is 0 too, does not move, whatever epsilon
  /// is (optax). It makes a difference for gradients so small that their squares vanish.
  bool zero_accumulator_moves = true;

  /// Composite mirror descent (Duchi, Hazan, Singer, JMLR 12, 2011, section 5; TensorFlow's ProximalAdagrad): after the move to v, before
  /// the constraint, with the denominator H of the move, first L1, then L2:
  ///     v = copysign(max(|v| - (learning_rate * proximal_l1) / H, 0), v)
  ///     v = v / (1 + (learning_rate * proximal_l2) / H)
  /// The products in double, rounded once; NaN stays NaN. Only where the accumulator in H is above 0: a weight that
  /// never had a gradient keeps its value. Finite and >= 0; 0 is none. Computed in `exact` arithmetic in either mode.
  double proximal_l1 = 0;
  double proximal_l2 = 0;

  /// Applied to each parameter last. non_negative() and box() ride on the same sweep over memory; the ones that look at norms need a shape, and
  /// therefore an optimizer.
  parameter_constraint constraint{};
};

}  // namespace adagrad
