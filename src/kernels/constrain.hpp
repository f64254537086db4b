// The constraint, after the move: works on a tile that still lies in the first cache.
#pragma once

#include "kernels/each_vector.hpp"
#include "kernels/step.hpp"

namespace adagrad::kernels {
namespace {

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
