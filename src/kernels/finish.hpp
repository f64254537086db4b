// After the move: the constraint, the moving average, factors from norms. Works on a tile that still lies in the first cache, or on a group of a shape.
#pragma once

#include "kernels/each_vector.hpp"
#include "kernels/step.hpp"

namespace adagrad::kernels {
namespace {

template <class T, class Arch>
void constrain(T* w, std::size_t n, const constraint<T>& c) noexcept {
  using V = vec<T, Arch>;
  using kind = typename constraint<T>::kind;
  const V zero(T(0)), lower(c.lower), upper(c.upper);
  if (c.what == kind::non_negative) {
    each_vector<T, Arch>(w, n, [&](V v) { return xsimd::select(v >= zero, v, v * zero); });
  } else if (c.what == kind::box) {
    each_vector<T, Arch>(w, n, [&](V v) { return at_least(at_most(v, upper), lower); });
  }
}

template <class T, class Arch>
void average(T* averages, T* w, std::size_t n, const averaging<T>& how) noexcept {
  using V = vec<T, Arch>;
  const V momentum(how.momentum), rest(how.rest);
  if (how.starts) each_vector<T, Arch>(averages, w, n, [](V, V v) { return v; });
  else each_vector<T, Arch>(averages, w, n, [&](V a, V v) { return momentum * a + rest * v; });
  if (how.overwrites) each_vector<T, Arch>(w, averages, n, [](V, V a) { return a; });
}

// Element by element.
template <class T, class Arch>
void multiply(T* w, const T* factors, std::size_t n) noexcept {
  each_vector<T, Arch>(w, factors, n, [](vec<T, Arch> v, vec<T, Arch> f) { return v * f; });
}
template <class T, class Arch>
void divide(T* w, const T* divisors, std::size_t n) noexcept {
  each_vector<T, Arch>(w, divisors, n, [](vec<T, Arch> v, vec<T, Arch> d) { return quotient(v, d); });
}

}  // namespace
}  // namespace adagrad::kernels
