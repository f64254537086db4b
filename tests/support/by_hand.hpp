// A step as the manual writes it, element by element: nothing here comes from the library's own reference.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "adagrad/adagrad.hpp"
#include "support/values.hpp"

namespace adagrad::test {

// What comes before the move: scale, sign, clipping by value, coupled decay, gradients that vanish.
template <class T>
T gradient_by_hand(T g, T w, T G, const update_options& o) {
  g = g * static_cast<T>(o.gradient_scale);
  if (o.maximize) g = -g;
  const T c = static_cast<T>(o.clip_value), decay = static_cast<T>(o.weight_decay);
  if (g < -c) g = -c;
  else if (g > c) g = c;
  if (o.decay_kind == weight_decay_kind::coupled && decay > 0)
    g = o.decay_rounding == multiply_add::one_rounding ? std::fma(decay, w, g) : g + (decay * w);
  if (!o.zero_accumulator_moves && G == 0 && g * g == 0) g = 0;
  return g;
}

template <class T>
T accumulator_by_hand(T G, T g, const update_options& o) {
  if (o.freeze_accumulators) return G;
  const T kept = o.accumulator_decay == 1 ? G : static_cast<T>(o.accumulator_decay) * G;
  return o.accumulate_rounding == multiply_add::one_rounding ? std::fma(g, g, kept) : kept + (g * g);
}

template <class T>
T denominator_by_hand(T G, const update_options& o) {
  const T epsilon = static_cast<T>(o.epsilon);
  return o.epsilon_placement == epsilon_place::inside_root ? std::sqrt(G + epsilon) : std::sqrt(G) + epsilon;
}

// copysign(max(|x| - threshold, 0), x), NaN where |x| - threshold is NaN.
template <class T>
T shrunk_by_hand(T x, T threshold) {
  T rest = std::fabs(x) - threshold;
  if (rest < 0) rest = 0;
  return std::copysign(rest, x);
}

template <class T>
T bounded_by_hand(T w, const parameter_constraint& c) {
  if (c.kind == constraint_kind::non_negative && !(w >= 0)) return w * T(0);
  if (c.kind != constraint_kind::box) return w;
  const T lower = static_cast<T>(c.lower), upper = static_cast<T>(c.upper);
  return w < lower ? lower : w > upper ? upper : w;
}

template <class T>
void step_by_hand(arrays<T>& a, double rate, const update_options& o) {
  const T learning_rate = static_cast<T>(rate), l1 = static_cast<T>(rate * o.proximal_l1), l2 = static_cast<T>(rate * o.proximal_l2);
  for (std::size_t i = 0; i < a.parameters.size(); ++i) {
    T& w = a.parameters[i];
    const T old = a.accumulators[i], g = gradient_by_hand(a.gradients[i], w, old, o), G = accumulator_by_hand(old, g, o);
    a.accumulators[i] = G;
    const T used = o.accumulator_used == accumulator_use::before ? old : G, H = denominator_by_hand(used, o);
    if (o.decay_kind == weight_decay_kind::decoupled && static_cast<T>(rate * o.weight_decay) > 0)
      w = w - (static_cast<T>(rate * o.weight_decay) * w);
    if (H != 0) w = w - ((learning_rate * g) / H);
    if (used > 0 && l1 > 0) w = shrunk_by_hand(w, l1 / H);
    if (used > 0 && l2 > 0) w = w / (1 + (l2 / H));
    w = bounded_by_hand(w, o.constraint);
  }
}

// Dual averaging: `sums` are all gradients so far, t the number of this step, from 1.
template <class T>
void dual_step_by_hand(arrays<T>& a, std::vector<T>& sums, double rate, double t, const update_options& o) {
  const T learning_rate = static_cast<T>(rate), l1 = static_cast<T>(o.proximal_l1 * t), l2 = static_cast<T>(rate * o.proximal_l2 * t);
  for (std::size_t i = 0; i < a.parameters.size(); ++i) {
    T& w = a.parameters[i];
    const T old = a.accumulators[i], g = gradient_by_hand(a.gradients[i], w, old, o), G = accumulator_by_hand(old, g, o);
    a.accumulators[i] = G;
    sums[i] = sums[i] + g;
    const T H = denominator_by_hand(o.accumulator_used == accumulator_use::before ? old : G, o);
    const T s = l1 > 0 ? shrunk_by_hand(sums[i], l1) : sums[i];
    if (H != 0) w = -((learning_rate * s) / (l2 > 0 ? H + l2 : H));
    w = bounded_by_hand(w, o.constraint);
  }
}

}  // namespace adagrad::test
