// SSE2 and SSE4.2: 4 floats or 2 doubles, no fused multiply-add, no masked access.
#pragma once

namespace adagrad::kernels {
namespace {

template <class Arch>
ADAGRAD_INLINE vec<float, Arch> square_root(vec<float, Arch> x) {
  return _mm_sqrt_ps(x);
}
template <class Arch>
ADAGRAD_INLINE vec<double, Arch> square_root(vec<double, Arch> x) {
  return _mm_sqrt_pd(x);
}
template <class Arch>
ADAGRAD_INLINE vec<float, Arch> quotient(vec<float, Arch> x, vec<float, Arch> y) {
  return _mm_div_ps(x, y);
}
template <class Arch>
ADAGRAD_INLINE vec<double, Arch> quotient(vec<double, Arch> x, vec<double, Arch> y) {
  return _mm_div_pd(x, y);
}
}  // namespace
}  // namespace adagrad::kernels
