/// The Adagrad of other systems: each function returns the options that reproduce it. docs/options.md says what each of them does
/// otherwise, tests/conformance/README.md how far the bits agree.
///
///     adagrad::optimizer optimizer(adagrad::presets::torch(0.01, 1e-4));
///
///     auto options = adagrad::presets::keras3(0.001);
///     options.global_clip_norm = 1;
///
/// They are a start, to be changed like any options. For `adagrad::update` take `.defaults.rule`. Caffe2 and FBGEMM take the learning rate negative: here it is positive.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "adagrad/optimizer_options.hpp"

namespace adagrad::presets {

/// Keras 1: H = sqrt(G) + 1e-8, accumulators from 0, learning_rate * (1 / (1 + decay * iterations)). The library's defaults.
inline optimizer_options keras1(double learning_rate = 0.01, double decay = 0) {
  return {.learning_rate = inverse_time{learning_rate, decay}};
}

/// tf.keras of TensorFlow 2 before Keras 3: H = sqrt(G) + 1e-7, accumulators from 0.1, learning_rate / (1 + decay * iterations); values are clipped
/// before norms.
inline optimizer_options keras2(double learning_rate = 0.001, double decay = 0) {
  return {.learning_rate = inverse_time{learning_rate, decay, inverse_time_form::quotient},
          .defaults = {.rule = {.epsilon = 1e-7}, .initial_accumulator = 0.1},
          .clip_order = clip_order::value_then_norms};
}

/// Keras 3: H = sqrt(G + 1e-7), accumulators from 0.1. Weight decay is decoupled, at most one kind of clipping is allowed, moving averages are taken before
/// the constraint, and with gradient accumulation every call counts.
inline optimizer_options keras3(schedule learning_rate = 0.001) {
  return {
      .learning_rate = std::move(learning_rate),
      .defaults = {.rule = {.epsilon = 1e-7, .epsilon_placement = epsilon_place::inside_root, .decay_kind = weight_decay_kind::decoupled},
                   .initial_accumulator = 0.1,
                   .average = {.position = average_position::before_constraint}},
      .one_clip_only = true,
      .accumulation = {.counts = gradient_accumulation::counting::calls}};
}

/// torch.optim.Adagrad as PyTorch's builds for processors with fused multiply-add compute it (all current ones: single, foreach and fused alike):
/// H = sqrt(G) + 1e-10, accumulators from 0, learning_rate / (1 + lr_decay * iterations), squares and coupled weight decay added
/// in one rounding. For a build without FMA set accumulate_rounding and decay_rounding back to two_roundings. Clipping by norm is
/// clip_grad_norm_'s.
inline optimizer_options torch(double learning_rate = 0.01, double lr_decay = 0) {
  return {.learning_rate = inverse_time{learning_rate, lr_decay, inverse_time_form::quotient},
          .defaults = {.rule = {.epsilon = 1e-10,
                                .accumulate_rounding = multiply_add::one_rounding,
                                .decay_rounding = multiply_add::one_rounding},
                       .norm_fuzz = 0},
          .clip_form = clip_form::guarded};
}

/// TensorFlow 1's AdagradOptimizer (ApplyAdagrad): H = sqrt(G), so that accumulators must start above 0: std::invalid_argument otherwise.
/// For the raw operation ApplyAdagradV2 set `.defaults.rule.epsilon`; for update_slots=False, freeze_accumulators.
inline optimizer_options tf1(schedule learning_rate, double initial_accumulator = 0.1) {
  if (!(initial_accumulator > 0))
    throw std::invalid_argument(
        "adagrad: initial_accumulator is 0, below 0 or not a number; in TensorFlow 1, which has no epsilon, it must be above 0: use 0.1");
  return {.learning_rate = std::move(learning_rate),
          .defaults = {.rule = {.epsilon = 0}, .initial_accumulator = initial_accumulator, .norm_fuzz = 0}};
}

/// optax.adagrad: H = sqrt(G + 1e-7), accumulators from 0.1, no move where G is 0. Under jit, on processors with FMA, XLA adds squares in one rounding:
/// then set accumulate_rounding (and decay_rounding).
inline optimizer_options optax(schedule learning_rate) {
  return {.learning_rate = std::move(learning_rate),
          .defaults = {.rule = {.epsilon = 1e-7, .epsilon_placement = epsilon_place::inside_root, .zero_accumulator_moves = false},
                       .initial_accumulator = 0.1,
                       .norm_fuzz = 0}};
}

/// FBGEMM's Adagrad, element-wise: H = sqrt(G) + 1e-8, accumulators from 0.
inline optimizer_options fbgemm(schedule learning_rate = 0.01) {
  return {.learning_rate = std::move(learning_rate), .defaults = {.rule = {.epsilon = 1e-8}, .norm_fuzz = 0}};
}

/// Caffe2's Adagrad: H = sqrt(G) + 1e-5; its `decay` makes accumulators forget.
inline optimizer_options caffe2(schedule learning_rate, double accumulator_decay = 1) {
  return {.learning_rate = std::move(learning_rate),
          .defaults = {.rule = {.epsilon = 1e-5, .accumulator_decay = accumulator_decay}, .norm_fuzz = 0}};
}

/// MXNet's AdaGrad: H = sqrt(G) + 1e-6, accumulators from 0.
inline optimizer_options mxnet(schedule learning_rate = 0.01) {
  return {.learning_rate = std::move(learning_rate), .defaults = {.rule = {.epsilon = 1e-6}, .norm_fuzz = 0}};
}

/// LightFM's adagrad: H = sqrt(G) with G before this gradient, accumulators from 1.
inline optimizer_options lightfm(schedule learning_rate = 0.05) {
  return {.learning_rate = std::move(learning_rate),
          .defaults = {.rule = {.epsilon = 0, .accumulator_used = accumulator_use::before}, .initial_accumulator = 1, .norm_fuzz = 0}};
}

/// GloVe's: its accumulators start at 1 and grow by (eta * g)^2; divided by eta^2 that is H = sqrt(G) with G before this gradient, from
/// 1 / eta^2, at rate 1.
inline optimizer_options glove(double eta = 0.05) {
  if (!(eta > 0)) throw std::invalid_argument("adagrad: eta is 0, below 0 or not a number; it must be above 0: use 0.05");
  return {.learning_rate = 1.0,
          .defaults = {
              .rule = {.epsilon = 0, .accumulator_used = accumulator_use::before}, .initial_accumulator = 1 / (eta * eta), .norm_fuzz = 0}};
}

/// libffm's: H = sqrt(G), accumulators from 1.
inline optimizer_options libffm(schedule learning_rate = 0.2) {
  return {.learning_rate = std::move(learning_rate), .defaults = {.rule = {.epsilon = 0}, .initial_accumulator = 1, .norm_fuzz = 0}};
}

}  // namespace adagrad::presets
