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

// Reading one array, a processor waits for one stream of cache lines at a time; four streams keep more of them on their way.
static_assert(norm_streams == 4);

// Adds the squares of `rows` rows of norm_lanes elements to the lanes of each of Tiles tiles, which lie norm_tile elements apart.
template <std::size_t Tiles, class T, class Arch>
ADAGRAD_INLINE void add_rows(const T* x, std::size_t rows, double* lanes) {
  using D = vec<double, Arch>;
  constexpr std::size_t L = D::size, vectors = norm_lanes / L;
  D sums[Tiles][vectors];
  for (std::size_t t = 0; t < Tiles; ++t)
    for (std::size_t k = 0; k < vectors; ++k) sums[t][k] = D::load_unaligned(lanes + t * norm_lanes + k * L);
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t t = 0; t < Tiles; ++t)
      for (std::size_t k = 0; k < vectors; ++k)
        square_into<Arch>(sums[t][k], to_doubles(x + t * norm_tile + row * norm_lanes + k * L, Arch{}));
  for (std::size_t t = 0; t < Tiles; ++t)
    for (std::size_t k = 0; k < vectors; ++k) sums[t][k].store_unaligned(lanes + t * norm_lanes + k * L);
}

// lanes[i % norm_lanes] = lanes[...] + x[i] * x[i]. All calls for one tile but the last have a multiple of norm_lanes elements.
template <class T, class Arch>
void add_squares(const T* x, std::size_t n, double* lanes) noexcept {
  const std::size_t rows = n / norm_lanes;
  add_rows<1, T, Arch>(x, rows, lanes);
  for (std::size_t i = rows * norm_lanes, lane = 0; i < n; ++i, ++lane) {
    const auto value = static_cast<double>(x[i]);
    lanes[lane] = lanes[lane] + value * value;
  }
}

// The same for norm_streams whole tiles, each with lanes of its own.
template <class T, class Arch>
void add_squares_of_tiles(const T* x, double* lanes) noexcept {
  add_rows<norm_streams, T, Arch>(x, norm_tile / norm_lanes, lanes);
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
  *count = 0;
  V sums[norm_streams];  // of x - x: 0 as long as all are finite, and NaN from then on
  for (V& sum : sums) sum = V(T(0));
  const std::size_t stretch = n / norm_streams / L * L;
  for (std::size_t i = 0; i < stretch; i += L)
    for (std::size_t k = 0; k < norm_streams; ++k) {
      const V v = V::load_unaligned(x + k * stretch + i);
      sums[k] = sums[k] + (v - v);
    }
  bool finite = xsimd::all((sums[0] + sums[1]) + (sums[2] + sums[3]) == V(T(0)));
  for (std::size_t rest = norm_streams * stretch; rest < n; ++rest) finite = finite && x[rest] - x[rest] == 0;
  if (finite) return;
  for (std::size_t k = 0; k < n; ++k) *count += !(x[k] - x[k] == 0);
}

}  // namespace
}  // namespace adagrad::kernels
