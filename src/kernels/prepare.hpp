// Before the move: the gradients of a tile into a buffer, and the decay of its accumulators and parameters. The tile stays in the first cache.
#pragma once

#include "kernels/each_vector.hpp"
#include "kernels/step.hpp"

namespace adagrad::kernels {
namespace {

template <bool Decays, class T, class Arch>
void prepare_gradients(T* prepared, const T* g, const T* w, std::size_t n, const preparation<T>& p) {
  using V = vec<T, Arch>;
  constexpr std::size_t L = V::size;
  const V scale(p.scale), lower(-p.clip), upper(p.clip), decay(p.decay);
  const auto one = [&](V gradient, V parameter) {
    const V scaled = gradient * scale;
    const V clipped = xsimd::select(scaled < lower, lower, xsimd::select(scaled > upper, upper, scaled));
    return Decays ? clipped + decay * parameter : clipped;
  };
  std::size_t i = 0;
  for (; n - i >= L; i += L) one(V::load_unaligned(g + i), V::load_unaligned(w + i)).store_unaligned(prepared + i);
  if (i < n) store_first(prepared + i, one(load_first(g + i, n - i, Arch{}), load_first(w + i, n - i, Arch{})), n - i);
}

template <class T, class Arch>
void prepare(T* prepared, const T* g, const T* w, std::size_t n, const preparation<T>& p) {
  if (p.decay != 0) prepare_gradients<true, T, Arch>(prepared, g, w, n, p);
  else prepare_gradients<false, T, Arch>(prepared, g, w, n, p);
}

template <class Arch>
void prepare_f32(float* prepared, const float* g, const float* w, std::size_t n, const preparation<float>& p) noexcept {
  prepare<float, Arch>(prepared, g, w, n, p);
}
template <class Arch>
void prepare_f64(double* prepared, const double* g, const double* w, std::size_t n, const preparation<double>& p) noexcept {
  prepare<double, Arch>(prepared, g, w, n, p);
}

// factor * x.
template <class Arch>
void multiply_f32(float* x, std::size_t n, float factor) noexcept {
  const vec<float, Arch> f(factor);
  each_vector<float, Arch>(x, n, [&](vec<float, Arch> v) { return f * v; });
}
template <class Arch>
void multiply_f64(double* x, std::size_t n, double factor) noexcept {
  const vec<double, Arch> f(factor);
  each_vector<double, Arch>(x, n, [&](vec<double, Arch> v) { return f * v; });
}

// w - factor * w.
template <class Arch>
void shrink_f32(float* w, std::size_t n, float factor) noexcept {
  const vec<float, Arch> f(factor);
  each_vector<float, Arch>(w, n, [&](vec<float, Arch> v) { return v - f * v; });
}
template <class Arch>
void shrink_f64(double* w, std::size_t n, double factor) noexcept {
  const vec<double, Arch> f(factor);
  each_vector<double, Arch>(w, n, [&](vec<double, Arch> v) { return v - f * v; });
}

}  // namespace
}  // namespace adagrad::kernels
