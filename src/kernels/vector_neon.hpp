// AArch64 Advanced SIMD: 4 floats or 2 doubles, no masked access. Hardware roots only: nothing else was measured on real hardware yet.
#pragma once

namespace adagrad::kernels {
namespace {

using neon_f32 = vec<float, xsimd::neon64>;
using neon_f64 = vec<double, xsimd::neon64>;

template <>
struct traits<xsimd::neon64> {
  static constexpr bool fuses = true, quick_roots = false, fast = false;
  template <class T>
  static constexpr pass tuning{2, 2, 2};
};

ADAGRAD_INLINE neon_f32 mul_add(neon_f32 x, neon_f32 y, neon_f32 z) { return vfmaq_f32(z, x, y); }
ADAGRAD_INLINE neon_f64 mul_add(neon_f64 x, neon_f64 y, neon_f64 z) { return vfmaq_f64(z, x, y); }
ADAGRAD_INLINE neon_f32 square_root(neon_f32 x) { return vsqrtq_f32(x); }
ADAGRAD_INLINE neon_f64 square_root(neon_f64 x) { return vsqrtq_f64(x); }
ADAGRAD_INLINE neon_f32 quotient(neon_f32 x, neon_f32 y) { return vdivq_f32(x, y); }
ADAGRAD_INLINE neon_f64 quotient(neon_f64 x, neon_f64 y) { return vdivq_f64(x, y); }

}  // namespace
}  // namespace adagrad::kernels
