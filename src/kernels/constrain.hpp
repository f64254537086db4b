// The constraint, after the move: works on a tile that still lies in the first cache.
#pragma once

#include "kernels/step.hpp"
#include "kernels/vector.hpp"

namespace adagrad::kernels {
namespace {

// Tails run the body on a copy of the last elements.
template <class T, class Arch, class Bound>
ADAGRAD_INLINE void each_vector(T* w, std::size_t n, const Bound& bound) {
  using V = vec<T, Arch>;
  constexpr std::size_t L = V::size;
  std::size_t i = 0;
  for (; n - i >= L; i += L) bound(V::load_unaligned(w + i)).store_unaligned(w + i);
  if (i < n) store_first(w + i, bound(load_first(w + i, n - i, Arch{})), n - i);
}

template <class T, class Arch>
void constrain(T* w, std::size_t n, const constraint<T>& c) {
  using V = vec<T, Arch>;
  using kind = typename constraint<T>::kind;
  const V zero(T(0)), lower(c.lower), upper(c.upper);
  if (c.what == kind::non_negative) {
    each_vector<T, Arch>(w, n, [&](V v) { return xsimd::select(v >= zero, v, v * zero); });
  } else if (c.what == kind::box) {
    each_vector<T, Arch>(w, n, [&](V v) { return xsimd::select(v < lower, lower, xsimd::select(v > upper, upper, v)); });
  }
}

template <class Arch>
void constrain_f32(float* w, std::size_t n, const constraint<float>& c) noexcept {
  constrain<float, Arch>(w, n, c);
}
template <class Arch>
void constrain_f64(double* w, std::size_t n, const constraint<double>& c) noexcept {
  constrain<double, Arch>(w, n, c);
}

}  // namespace
}  // namespace adagrad::kernels
