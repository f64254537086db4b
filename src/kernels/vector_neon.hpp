// AArch64 Advanced SIMD: 4 floats or 2 doubles, fused multiply-add, an 8-bit estimate of 1/sqrt(x), no masked access.
#pragma once

namespace adagrad::kernels {
namespace {

using neon_f32 = vec<float, xsimd::neon64>;
using neon_f64 = vec<double, xsimd::neon64>;

template <>
struct traits<xsimd::neon64> {
  static constexpr bool fused = true, has_reciprocal_seed = false;
  template <class T>
  static constexpr int seed_bits = 8;
  template <class T>
  static constexpr bool fast = true;
  template <class T>
  static constexpr pass tuning{2, 2, 2};  // hardware roots only: not measured on real hardware
};

ADAGRAD_INLINE neon_f32 square_root(neon_f32 x) { return vsqrtq_f32(x); }
ADAGRAD_INLINE neon_f64 square_root(neon_f64 x) { return vsqrtq_f64(x); }
ADAGRAD_INLINE neon_f32 quotient(neon_f32 x, neon_f32 y) { return vdivq_f32(x, y); }
ADAGRAD_INLINE neon_f64 quotient(neon_f64 x, neon_f64 y) { return vdivq_f64(x, y); }
ADAGRAD_INLINE neon_f32 mul_add(neon_f32 x, neon_f32 y, neon_f32 z) { return vfmaq_f32(z, x, y); }
ADAGRAD_INLINE neon_f64 mul_add(neon_f64 x, neon_f64 y, neon_f64 z) { return vfmaq_f64(z, x, y); }
ADAGRAD_INLINE neon_f32 neg_mul_add(neon_f32 x, neon_f32 y, neon_f32 z) { return vfmsq_f32(z, x, y); }
ADAGRAD_INLINE neon_f64 neg_mul_add(neon_f64 x, neon_f64 y, neon_f64 z) { return vfmsq_f64(z, x, y); }
ADAGRAD_INLINE neon_f32 root_seed(neon_f32 x) { return vrsqrteq_f32(x); }
ADAGRAD_INLINE neon_f64 root_seed(neon_f64 x) { return vrsqrteq_f64(x); }

ADAGRAD_INLINE bool any_nan(const neon_f32* x, unsigned count) {
  uint32x4_t ordered = vceqq_f32(x[0], x[0]);
  for (unsigned k = 1; k < count; ++k) ordered = vandq_u32(ordered, vceqq_f32(x[k], x[k]));
  return vminvq_u32(ordered) == 0;
}
ADAGRAD_INLINE bool any_nan(const neon_f64* x, unsigned count) {
  uint64x2_t ordered = vceqq_f64(x[0], x[0]);
  for (unsigned k = 1; k < count; ++k) ordered = vandq_u64(ordered, vceqq_f64(x[k], x[k]));
  return vminvq_u32(vreinterpretq_u32_u64(ordered)) == 0;
}

}  // namespace
}  // namespace adagrad::kernels
