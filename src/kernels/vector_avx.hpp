// AVX and AVX2 with FMA: 8 floats or 4 doubles, masked loads and stores; with FMA quick roots too.
#pragma once

namespace adagrad::kernels {
namespace {

template <class Arch>
ADAGRAD_INLINE vec<float, Arch> square_root(vec<float, Arch> x) {
  return _mm256_sqrt_ps(x);
}
template <class Arch>
ADAGRAD_INLINE vec<double, Arch> square_root(vec<double, Arch> x) {
  return _mm256_sqrt_pd(x);
}
template <class Arch>
ADAGRAD_INLINE vec<float, Arch> quotient(vec<float, Arch> x, vec<float, Arch> y) {
  return _mm256_div_ps(x, y);
}
template <class Arch>
ADAGRAD_INLINE vec<double, Arch> quotient(vec<double, Arch> x, vec<double, Arch> y) {
  return _mm256_div_pd(x, y);
}
#if defined(__FMA__) && defined(__AVX2__)
using avx2 = xsimd::fma3<xsimd::avx2>;

// On Sapphire Rapids a ymm root takes 6 cycles (f64: 12) and a division 5 (8) of one shared unit.
template <>
struct traits<avx2> {
  static constexpr bool fuses = true, quick_roots = true, fast = false;  // measured: within the bound of `fast` it would be slower
  template <class T>
  static constexpr int seed_bits = sizeof(T) == 4 ? 12 : 4;
  template <class T>
  static constexpr pass tuning = sizeof(T) == 4 ? pass{4, 2, 4} : pass{4, 1, 4};
};

ADAGRAD_INLINE vec<float, avx2> mul_add(vec<float, avx2> x, vec<float, avx2> y, vec<float, avx2> z) { return _mm256_fmadd_ps(x, y, z); }
ADAGRAD_INLINE vec<double, avx2> mul_add(vec<double, avx2> x, vec<double, avx2> y, vec<double, avx2> z) { return _mm256_fmadd_pd(x, y, z); }
ADAGRAD_INLINE vec<float, avx2> neg_mul_add(vec<float, avx2> x, vec<float, avx2> y, vec<float, avx2> z) {
  return _mm256_fnmadd_ps(x, y, z);
}
ADAGRAD_INLINE vec<double, avx2> neg_mul_add(vec<double, avx2> x, vec<double, avx2> y, vec<double, avx2> z) {
  return _mm256_fnmadd_pd(x, y, z);
}

ADAGRAD_INLINE vec<float, avx2> root_seed(vec<float, avx2> x) { return _mm256_rsqrt_ps(x); }

// There is no estimate instruction for doubles: halving the exponent in integer arithmetic gives 1/sqrt(x) to 2^-4.8 (C. Lomont,
// "Fast Inverse Square Root", 2003, gives the constant). Zero gets a large finite value. A negative x would get a number, so
// all bits are set there, which is NaN.
ADAGRAD_INLINE vec<double, avx2> root_seed(vec<double, avx2> x) {
  const __m256i bits = _mm256_castpd_si256(x);
  const __m256i seed = _mm256_sub_epi64(_mm256_set1_epi64x(0x5FE6EB50C7B537A9), _mm256_srli_epi64(bits, 1));
  const __m256d negative = _mm256_cmp_pd(x, _mm256_setzero_pd(), _CMP_LT_OQ);
  return _mm256_or_pd(_mm256_castsi256_pd(seed), negative);
}

ADAGRAD_INLINE bool any_nan(const vec<float, avx2>* x, unsigned count) {
  __m256 nan = _mm256_cmp_ps(x[0], x[count - 1], _CMP_UNORD_Q);
  for (unsigned k = 1; k + 1 < count; k += 2) nan = _mm256_or_ps(nan, _mm256_cmp_ps(x[k], x[k + 1], _CMP_UNORD_Q));
  return _mm256_movemask_ps(nan) != 0;
}
ADAGRAD_INLINE bool any_nan(const vec<double, avx2>* x, unsigned count) {
  __m256d nan = _mm256_cmp_pd(x[0], x[count - 1], _CMP_UNORD_Q);
  for (unsigned k = 1; k + 1 < count; k += 2) nan = _mm256_or_pd(nan, _mm256_cmp_pd(x[k], x[k + 1], _CMP_UNORD_Q));
  return _mm256_movemask_pd(nan) != 0;
}
#endif

alignas(64) constexpr std::int32_t lane_masks[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

ADAGRAD_INLINE __m256i first_words(std::size_t count) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lane_masks + 8 - count));
}

template <class Arch>
ADAGRAD_INLINE vec<float, Arch> load_first(const float* from, std::size_t count, Arch) {
  return _mm256_maskload_ps(from, first_words(count));
}
template <class Arch>
ADAGRAD_INLINE vec<double, Arch> load_first(const double* from, std::size_t count, Arch) {
  return _mm256_maskload_pd(from, first_words(2 * count));
}
template <class Arch>
ADAGRAD_INLINE void store_first(float* to, vec<float, Arch> x, std::size_t count) {
  _mm256_maskstore_ps(to, first_words(count), x);
}
template <class Arch>
ADAGRAD_INLINE void store_first(double* to, vec<double, Arch> x, std::size_t count) {
  _mm256_maskstore_pd(to, first_words(2 * count), x);
}

}  // namespace
}  // namespace adagrad::kernels
