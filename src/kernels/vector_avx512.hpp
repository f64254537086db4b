// AVX-512: 16 floats or 8 doubles, fused multiply-add, 14-bit estimates of 1/sqrt(x) and 1/x, masked loads and stores.
#pragma once

namespace adagrad::kernels {
namespace {

using avx512_f32 = vec<float, xsimd::avx512bw>;
using avx512_f64 = vec<double, xsimd::avx512bw>;

// On Sapphire Rapids a zmm root takes 12 cycles (f64: 21) and a division 10 (16) of one shared unit.
template <>
struct traits<xsimd::avx512bw> {
  static constexpr bool fuses = true, quick_roots = true, fast = true;
  template <class T>
  static constexpr int seed_bits = 14;
  template <class T>
  static constexpr pass tuning = sizeof(T) == 4 ? pass{6, 1, 8} : pass{4, 0, 8};
};

ADAGRAD_INLINE avx512_f32 square_root(avx512_f32 x) { return _mm512_sqrt_ps(x); }
ADAGRAD_INLINE avx512_f64 square_root(avx512_f64 x) { return _mm512_sqrt_pd(x); }
ADAGRAD_INLINE avx512_f32 quotient(avx512_f32 x, avx512_f32 y) { return _mm512_div_ps(x, y); }
ADAGRAD_INLINE avx512_f64 quotient(avx512_f64 x, avx512_f64 y) { return _mm512_div_pd(x, y); }
ADAGRAD_INLINE avx512_f32 mul_add(avx512_f32 x, avx512_f32 y, avx512_f32 z) { return _mm512_fmadd_ps(x, y, z); }
ADAGRAD_INLINE avx512_f64 mul_add(avx512_f64 x, avx512_f64 y, avx512_f64 z) { return _mm512_fmadd_pd(x, y, z); }
ADAGRAD_INLINE avx512_f32 neg_mul_add(avx512_f32 x, avx512_f32 y, avx512_f32 z) { return _mm512_fnmadd_ps(x, y, z); }
ADAGRAD_INLINE avx512_f64 neg_mul_add(avx512_f64 x, avx512_f64 y, avx512_f64 z) { return _mm512_fnmadd_pd(x, y, z); }
ADAGRAD_INLINE avx512_f32 root_seed(avx512_f32 x) { return _mm512_rsqrt14_ps(x); }
ADAGRAD_INLINE avx512_f64 root_seed(avx512_f64 x) { return _mm512_rsqrt14_pd(x); }
ADAGRAD_INLINE avx512_f32 reciprocal_seed(avx512_f32 x) { return _mm512_rcp14_ps(x); }
ADAGRAD_INLINE avx512_f64 reciprocal_seed(avx512_f64 x) { return _mm512_rcp14_pd(x); }

// One comparison looks at two vectors; the masks are chained, so that a single test ends the group.
ADAGRAD_INLINE bool any_nan(const avx512_f32* x, unsigned count) {
  __mmask16 ordered = _mm512_cmp_ps_mask(x[0], x[count - 1], _CMP_ORD_Q);
  for (unsigned k = 1; k + 1 < count; k += 2) ordered = _mm512_mask_cmp_ps_mask(ordered, x[k], x[k + 1], _CMP_ORD_Q);
  return ordered != 0xFFFF;
}
ADAGRAD_INLINE bool any_nan(const avx512_f64* x, unsigned count) {
  __mmask8 ordered = _mm512_cmp_pd_mask(x[0], x[count - 1], _CMP_ORD_Q);
  for (unsigned k = 1; k + 1 < count; k += 2) ordered = _mm512_mask_cmp_pd_mask(ordered, x[k], x[k + 1], _CMP_ORD_Q);
  return ordered != 0xFF;
}

ADAGRAD_INLINE __mmask16 first_lanes(std::size_t count) { return static_cast<__mmask16>((1u << count) - 1); }

ADAGRAD_INLINE avx512_f32 load_first(const float* from, std::size_t count, xsimd::avx512bw) {
  return _mm512_maskz_loadu_ps(first_lanes(count), from);
}
ADAGRAD_INLINE avx512_f64 load_first(const double* from, std::size_t count, xsimd::avx512bw) {
  return _mm512_maskz_loadu_pd(static_cast<__mmask8>(first_lanes(count)), from);
}
ADAGRAD_INLINE void store_first(float* to, avx512_f32 x, std::size_t count) { _mm512_mask_storeu_ps(to, first_lanes(count), x); }
ADAGRAD_INLINE void store_first(double* to, avx512_f64 x, std::size_t count) {
  _mm512_mask_storeu_pd(to, static_cast<__mmask8>(first_lanes(count)), x);
}

}  // namespace
}  // namespace adagrad::kernels
