// x*y + z in one rounding on every instruction set. Where there is no instruction for it, element by element through the C library: slow, and exact.
#pragma once

#include "kernels/vector.hpp"

namespace adagrad::kernels {
namespace {

ADAGRAD_INLINE float fused_multiply_add(float x, float y, float z) { return __builtin_fmaf(x, y, z); }
ADAGRAD_INLINE double fused_multiply_add(double x, double y, double z) { return __builtin_fma(x, y, z); }

// z = x*y + z for `count` elements; one copy of it, for it is long and slow anyway.
template <class T>
[[gnu::noinline]] void fuse_lanes(const T* x, const T* y, T* z, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) z[i] = fused_multiply_add(x[i], y[i], z[i]);
}

template <class T, class Arch>
ADAGRAD_INLINE xsimd::batch<T, Arch> fused_multiply_add(xsimd::batch<T, Arch> x, xsimd::batch<T, Arch> y, xsimd::batch<T, Arch> z) {
  if constexpr (traits<Arch>::fuses) {
    return mul_add(x, y, z);
  } else {
    alignas(64) T lanes[3][vec<T, Arch>::size];
    x.store_aligned(lanes[0]);
    y.store_aligned(lanes[1]);
    z.store_aligned(lanes[2]);
    fuse_lanes(lanes[0], lanes[1], lanes[2], vec<T, Arch>::size);
    return vec<T, Arch>::load_aligned(lanes[2]);
  }
}

}  // namespace
}  // namespace adagrad::kernels
