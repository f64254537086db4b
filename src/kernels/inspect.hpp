// What is read before anything is written: sums of squares in a fixed order, and elements that are not finite.
//
// Squares and sums are doubles, each rounded; no lane of a vector is ever added to another here, so that no order depends on their number.
#pragma once

#include "kernels/step.hpp"
#include "kernels/vector.hpp"

namespace adagrad::kernels {
namespace {

// Adds the squares of `elements` numbers to as many sums, in doubles.
template <class Arch>
ADAGRAD_INLINE void square_into(vec<double, Arch>& sum, vec<double, Arch> x) {
  sum = sum + x * x;
}

#if defined(__AVX512F__)
ADAGRAD_INLINE vec<double, xsimd::avx512bw> to_doubles(const float* x, xsimd::avx512bw) { return _mm512_cvtps_pd(_mm256_loadu_ps(x)); }
#elif defined(__AVX__)
template <class Arch>
ADAGRAD_INLINE vec<double, Arch> to_doubles(const float* x, Arch) {
  return _mm256_cvtps_pd(_mm_loadu_ps(x));
}
#elif defined(__SSE2__)
template <class Arch>
ADAGRAD_INLINE vec<double, Arch> to_doubles(const float* x, Arch) {
  return _mm_cvtps_pd(_mm_castpd_ps(_mm_load_sd(reinterpret_cast<const double*>(x))));
}
#elif defined(__aarch64__)
ADAGRAD_INLINE vec<double, xsimd::neon64> to_doubles(const float* x, xsimd::neon64) { return vcvt_f64_f32(vld1_f32(x)); }
#endif
template <class Arch>
ADAGRAD_INLINE vec<double, Arch> to_doubles(const double* x, Arch) {
  return vec<double, Arch>::load_unaligned(x);
}

// The lanes of a vector as one number: l + l + 4, then 2, then 1 apart.
#if defined(__AVX__)
ADAGRAD_INLINE double sum_of(__m128d x) { return _mm_cvtsd_f64(_mm_add_sd(x, _mm_unpackhi_pd(x, x))); }
ADAGRAD_INLINE double sum_of(__m256d x) { return sum_of(_mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1))); }
#if defined(__AVX512F__)
ADAGRAD_INLINE double sum_of(__m512d x) { return sum_of(_mm256_add_pd(_mm512_castpd512_pd256(x), _mm512_extractf64x4_pd(x, 1))); }
#endif
template <class Arch>
ADAGRAD_INLINE double sum_of_vector(vec<double, Arch> x) {
  return sum_of(x);
}
#else
template <class Arch>
ADAGRAD_INLINE double sum_of_vector(vec<double, Arch> x) {
  static_assert(vec<double, Arch>::size == 2);
  alignas(16) double lanes[2];
  x.store_aligned(lanes);
  return lanes[0] + lanes[1];
}
#endif

// lanes[i % norm_lanes] = lanes[...] + x[i] * x[i]. All calls for one tile but the last have a multiple of norm_lanes elements.
template <class T, class Arch>
void add_squares(const T* x, std::size_t n, double* lanes) noexcept {
  using D = vec<double, Arch>;
  constexpr std::size_t L = D::size, vectors = norm_lanes / L;
  D sums[vectors];
  for (std::size_t k = 0; k < vectors; ++k) sums[k] = D::load_unaligned(lanes + k * L);
  std::size_t i = 0;
  for (; n - i >= norm_lanes; i += norm_lanes) {
    __builtin_prefetch(reinterpret_cast<const char*>(x + i) + 4096);
    if constexpr (sizeof(T) == 8) __builtin_prefetch(reinterpret_cast<const char*>(x + i) + 4096 + 64);
    for (std::size_t k = 0; k < vectors; ++k) square_into<Arch>(sums[k], to_doubles(x + i + k * L, Arch{}));
  }
  for (std::size_t k = 0; k < vectors; ++k) sums[k].store_unaligned(lanes + k * L);
  for (std::size_t lane = 0; i < n; ++i, ++lane) {
    const auto value = static_cast<double>(x[i]);
    lanes[lane] = lanes[lane] + value * value;
  }
}

// sums[i] = sums[i] + x[i] * x[i].
template <class T, class Arch>
void add_squares_apart(const T* x, std::size_t n, double* sums) noexcept {
  using D = vec<double, Arch>;
  constexpr std::size_t L = D::size;
  std::size_t i = 0;
  for (; n - i >= L; i += L) {
    D sum = D::load_unaligned(sums + i);
    square_into<Arch>(sum, to_doubles(x + i, Arch{}));
    sum.store_unaligned(sums + i);
  }
  for (; i < n; ++i) {
    const auto value = static_cast<double>(x[i]);
    sums[i] = sums[i] + value * value;
  }
}

// Quick where all are finite, which is what matters.
template <class T, class Arch>
void count_non_finite(const T* x, std::size_t n, std::size_t* count) noexcept {
  using V = vec<T, Arch>;
  constexpr std::size_t L = V::size;
  constexpr std::size_t N = 4;
  *count = 0;
  V sums[N];  // of x - x: 0 as long as all are finite, and NaN from then on
  for (V& sum : sums) sum = V(T(0));
  std::size_t i = 0;
  for (; n - i >= N * L; i += N * L) {
    for (std::size_t line = 0; line < N * L * sizeof(T); line += 64) __builtin_prefetch(reinterpret_cast<const char*>(x + i) + 4096 + line);
    for (std::size_t k = 0; k < N; ++k) {
      const V v = V::load_unaligned(x + i + k * L);
      sums[k] = sums[k] + (v - v);
    }
  }
  const V sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  bool finite = xsimd::all(sum == V(T(0)));
  for (std::size_t rest = i; rest < n; ++rest) finite = finite && x[rest] - x[rest] == 0;
  if (finite) return;
  for (std::size_t k = 0; k < n; ++k) *count += !(x[k] - x[k] == 0);
}

}  // namespace
}  // namespace adagrad::kernels
