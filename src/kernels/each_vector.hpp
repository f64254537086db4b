// A change of one array in place, vector by vector.
#pragma once

#include "kernels/vector.hpp"

namespace adagrad::kernels {
namespace {

// Tails run the body on a copy of the last elements. Four vectors are read before they are stored: a load may have to wait for an earlier store at
// the same place of another page.
template <class T, class Arch, class Change>
ADAGRAD_INLINE void each_vector(T* w, std::size_t n, const Change& change) {
  using V = vec<T, Arch>;
  constexpr std::size_t L = V::size;
  std::size_t i = 0;
  for (V x[4]; n - i >= 4 * L; i += 4 * L) {
    for (std::size_t k = 0; k < 4; ++k) x[k] = change(V::load_unaligned(w + i + k * L));
    for (std::size_t k = 0; k < 4; ++k) x[k].store_unaligned(w + i + k * L);
  }
  for (; n - i >= L; i += L) change(V::load_unaligned(w + i)).store_unaligned(w + i);
  if (i < n) store_first(w + i, change(load_first(w + i, n - i, Arch{})), n - i);
}

// The same with a second array that is read.
template <class T, class Arch, class Change>
ADAGRAD_INLINE void each_vector(T* w, const T* other, std::size_t n, const Change& change) {
  using V = vec<T, Arch>;
  constexpr std::size_t L = V::size;
  std::size_t i = 0;
  for (V x[4]; n - i >= 4 * L; i += 4 * L) {
    for (std::size_t k = 0; k < 4; ++k) x[k] = change(V::load_unaligned(w + i + k * L), V::load_unaligned(other + i + k * L));
    for (std::size_t k = 0; k < 4; ++k) x[k].store_unaligned(w + i + k * L);
  }
  for (; n - i >= L; i += L) change(V::load_unaligned(w + i), V::load_unaligned(other + i)).store_unaligned(w + i);
  if (i < n) store_first(w + i, change(load_first(w + i, n - i, Arch{}), load_first(other + i, n - i, Arch{})), n - i);
}

}  // namespace
}  // namespace adagrad::kernels
