// SSE2 and SSE4.2: 4 floats or 2 doubles, no fused multiply-add, no masked access.
#pragma once

namespace adagrad::kernels {
namespace {

template <class Arch>
  requires std::is_base_of_v<xsimd::sse2, Arch>
struct traits<Arch> {
  static constexpr bool fused = false, has_reciprocal_seed = false;
  template <class T>
  static constexpr bool fast = false;  // measured: 1.3 times slower than the exact kernel
  template <class T>
  static constexpr pass tuning{2, 2, 2};
};

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
template <class Arch>
ADAGRAD_INLINE bool any_nan(const vec<float, Arch>* x, unsigned count) {
  __m128 nan = _mm_cmpunord_ps(x[0], x[count - 1]);
  for (unsigned k = 1; k + 1 < count; k += 2) nan = _mm_or_ps(nan, _mm_cmpunord_ps(x[k], x[k + 1]));
  return _mm_movemask_ps(nan) != 0;
}
template <class Arch>
ADAGRAD_INLINE bool any_nan(const vec<double, Arch>* x, unsigned count) {
  __m128d nan = _mm_cmpunord_pd(x[0], x[count - 1]);
  for (unsigned k = 1; k + 1 < count; k += 2) nan = _mm_or_pd(nan, _mm_cmpunord_pd(x[k], x[k + 1]));
  return _mm_movemask_pd(nan) != 0;
}

}  // namespace
}  // namespace adagrad::kernels
