// Square roots on the multiply-add ports. The hardware's root and divide share one slow unit; a root computed from an
// estimate by fused multiply-adds overlaps with the divide and has the same bits.
//
// The work is done on X = up * x, so that no residual underflows. For every x from 0 and the smallest subnormal up to the
// largest with a finite X the root of X is correctly rounded; for all other x (X infinite, NaN, x negative) it is NaN,
// by which the caller knows that the hardware's root is needed.
#pragma once

#include "kernels/vector.hpp"

namespace adagrad::kernels {
namespace {

// up, down: powers of two, down = 1/sqrt(up). floor: added to X, it vanishes in rounding for every x > 0 and spares a zero x the
// product 0 * infinity: its root becomes sqrt(floor). covering: from this epsilon on, that root vanishes in root + epsilon.
template <class T>
struct root_scale;
template <>
struct root_scale<float> {
  static constexpr float up = 0x1p48f, down = 0x1p-24f, floor = 0x1p-126f, covering = 0x1p-60f;
};
template <>
struct root_scale<double> {
  static constexpr double up = 0x1p200, down = 0x1p-100, floor = 0x1p-1022, covering = 0x1p-550;
};

// The loops below go stage by stage over N vectors, so that the latency of one stage is hidden behind the others' work.

// roots[k] = sqrt(X[k]), correctly rounded, from seeds y[k] of 1/sqrt(X[k]) with a relative error of at most 2^-Bits (Bits = 12: at
// most 1.5 * 2^-12). s -> sqrt(X) and h -> 1/(2 sqrt(X)) converge together (Goldschmidt); last comes the residual X - s*s, which is exact
// (Markstein, "Computation of elementary functions on the IBM RISC System/6000 processor", IBM J. Res. Dev. 34(1), 1990).
// Destroys y.
template <int Bits, unsigned N, class T, class Arch>
ADAGRAD_INLINE void exact_roots(const vec<T, Arch>* X, vec<T, Arch>* y, vec<T, Arch>* roots) {
  using V = vec<T, Arch>;
  constexpr int steps = sizeof(T) == 4 ? 1 : Bits >= 14 ? 2 : Bits >= 12 ? 3 : 4;
  const V half(T(0.5)), one(T(1));
  V s[N], h[N], e[N];
  if constexpr (sizeof(T) == 4 && Bits < 14) {
    for (unsigned k = 0; k < N; ++k) s[k] = X[k] * y[k];
    for (unsigned k = 0; k < N; ++k) h[k] = y[k] * half;
    for (unsigned k = 0; k < N; ++k) e[k] = neg_mul_add(s[k], y[k], one);
    for (unsigned k = 0; k < N; ++k) y[k] = mul_add(h[k], e[k], y[k]);
  }
  for (unsigned k = 0; k < N; ++k) s[k] = X[k] * y[k];
  for (unsigned k = 0; k < N; ++k) h[k] = y[k] * half;
  for (int step = 0; step < steps; ++step) {
    for (unsigned k = 0; k < N; ++k) e[k] = neg_mul_add(s[k], h[k], half);
    for (unsigned k = 0; k < N; ++k) s[k] = mul_add(s[k], e[k], s[k]);
    for (unsigned k = 0; k < N; ++k) h[k] = mul_add(h[k], e[k], h[k]);
  }
  for (unsigned k = 0; k < N; ++k) e[k] = neg_mul_add(s[k], s[k], X[k]);
  for (unsigned k = 0; k < N; ++k) roots[k] = mul_add(e[k], h[k], s[k]);
}

// roots[k] = 2 * sqrt(X[k]) to about 2 ulp, from the same seeds, by Newton steps y * (3 - X*y*y) / 2, the last without its division by
// two. Destroys y.
template <int Bits, unsigned N, class T, class Arch>
ADAGRAD_INLINE void twice_fast_roots(const vec<T, Arch>* X, vec<T, Arch>* y, vec<T, Arch>* roots) {
  using V = vec<T, Arch>;
  static_assert(Bits == 14, "other seeds need other numbers of steps");
  constexpr int steps_before_last = sizeof(T) == 4 ? 0 : 1;
  const V half(T(0.5)), three(T(3));
  V s[N], e[N];
  for (int step = 0; step < steps_before_last; ++step) {
    for (unsigned k = 0; k < N; ++k) s[k] = X[k] * y[k];
    for (unsigned k = 0; k < N; ++k) e[k] = neg_mul_add(s[k], y[k], three);
    for (unsigned k = 0; k < N; ++k) y[k] = (y[k] * half) * e[k];
  }
  for (unsigned k = 0; k < N; ++k) s[k] = X[k] * y[k];
  for (unsigned k = 0; k < N; ++k) e[k] = neg_mul_add(s[k], y[k], three);
  for (unsigned k = 0; k < N; ++k) roots[k] = s[k] * e[k];
}

}  // namespace
}  // namespace adagrad::kernels
