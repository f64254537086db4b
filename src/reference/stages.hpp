// The stages of a step for one element, in plain scalar code.
#pragma once

#include <cmath>

#include "kernels/step.hpp"

namespace adagrad::reference {

template <class T>
inline T prepared(T gradient, T parameter, T accumulator, const T* pending, const kernels::preparation<T>& p) {
  T g = gradient * p.scale;
  if (pending != nullptr) g = (g + *pending) / p.divisor;
  g = g * p.factor_before_clip;
  g = g < -p.clip ? -p.clip : g > p.clip ? p.clip : g;
  g = g * p.factor_after_clip;
  if (p.decay != 0) g = p.fused_decay ? std::fma(p.decay, parameter, g) : g + p.decay * parameter;
  return p.drops_vanished && accumulator == 0 && g * g == 0 ? T(0) : g;
}

template <class T>
inline T accumulated(T accumulator, T g, const kernels::accumulation<T>& how) {
  const T kept = how.decay == 1 ? accumulator : how.decay * accumulator;
  return how.fused ? std::fma(g, g, kept) : kept + g * g;
}

template <class T>
inline T denominator(T accumulator, const kernels::dense_step<T>& step) {
  return step.epsilon_inside_root ? std::sqrt(accumulator + step.epsilon) : std::sqrt(accumulator) + step.epsilon;
}

// copysign(max(|x| - threshold, 0), x); NaN stays NaN.
template <class T>
inline T soft_threshold(T x, T threshold) {
  const T rest = std::abs(x) - threshold;
  return std::copysign(rest < 0 ? T(0) : rest, x);
}

// The move with the accumulator `used` in H, and proximal terms.
template <class T>
inline T moved(T w, T g, T used, const kernels::dense_step<T>& step, const kernels::proximal<T>& terms) {
  const T H = denominator(used, step);
  T v = H == 0 ? w : w - (step.learning_rate * g) / H;
  if (!(used > 0)) return v;
  if (terms.l1 > 0) v = soft_threshold(v, terms.l1 / H);
  if (terms.l2 > 0) v = v / (1 + terms.l2 / H);
  return v;
}

// Dual averaging; `sum` is that of all gradients.
template <class T>
inline T dual_averaged(T w, T sum, T used, const kernels::dense_step<T>& step, const kernels::proximal<T>& terms) {
  const T H = denominator(used, step);
  if (H == 0) return w;
  const T s = terms.l1 > 0 ? soft_threshold(sum, terms.l1) : sum;
  return -((step.learning_rate * s) / (terms.l2 > 0 ? H + terms.l2 : H));
}

template <class T>
inline T constrained(T v, const kernels::constraint<T>& c) {
  using kind = typename kernels::constraint<T>::kind;
  if (c.what == kind::non_negative) return v >= 0 ? v : v * 0;
  if (c.what == kind::box) return v < c.lower ? c.lower : v > c.upper ? c.upper : v;
  return v;
}

}  // namespace adagrad::reference
