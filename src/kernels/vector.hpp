// The vector operations that the kernels are written in. xsimd gives the type, the loads and + - *; what must be exact,
// or what xsimd 8.1 lacks or gets wrong, is wrapped with intrinsics, one header for each family of instruction sets:
//
//   square_root(x), quotient(x, y)         correctly rounded        (xsimd's NEON ones are estimates)
//   at_most(x, y), at_least(x, y)          x > y ? y : x and x < y ? y : x, so that NaN and zeros in x stay (as x86's minimum has it, NEON's has not)
//   is_finite(x)                           as a mask for xsimd::select
//   load_first, store_first                the first `count` lanes only: nothing behind them is read or written
// where traits<Arch>::fuses:
//   mul_add(x, y, z)                       x*y + z, rounded once (xsimd's rounds twice on AVX-512)
// where traits<Arch>::quick_roots:
//   neg_mul_add(x, y, z)                   z - x*y, rounded once
//   root_seed(x)                           an estimate of 1/sqrt(x), good to 2^-seed_bits
//   any_nan(x, count)                      whether any lane of the vectors x[0..count) is NaN
// and where traits<Arch>::fast:
//   reciprocal_seed(x)                     an estimate of 1/x, good to 2^-14
//
// Everything is in an anonymous namespace and always inlined: no symbol of these objects may be shared with code
// that runs on a smaller instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <xsimd/xsimd.hpp>

#define ADAGRAD_INLINE [[gnu::always_inline]] inline

namespace adagrad::kernels {
namespace {

template <class T, class Arch>
using vec = xsimd::batch<T, Arch>;

// How many vectors one pass of a loop handles, measured. Of the `exact` ones, `hardware_roots` take the hardware's square root, the
// others the one on the multiply-add ports (root.hpp): the mixture keeps both units busy.
struct pass {
  unsigned exact, hardware_roots, fast;
};

// What is known of an instruction set. The plain one has hardware roots only; a family header says more where there is more.
//   fuses         has fused multiply-add
//   quick_roots   roots on the multiply-add ports: has fused multiply-add and an estimate to start from
//   seed_bits<T>  quality of root_seed (what follows from it is proved by test_root.cpp for every seed inside that bound)
//   fast          estimates beat the exact kernel: where not, `fast` runs the exact one
template <class Arch>
struct traits {
  static constexpr bool fuses = false, quick_roots = false, fast = false;
  template <class T>
  static constexpr pass tuning{2, 2, 2};
};

template <class T, class Arch>
ADAGRAD_INLINE xsimd::batch_bool<T, Arch> is_finite(vec<T, Arch> x) {
  const vec<T, Arch> difference = x - x;  // NaN for NaN and infinities; == is false for it (xsimd's != too, on AVX-512)
  return difference == difference;
}

// x86's minimum and maximum return their second operand where one is NaN or both are zeros; xsimd hands the operands over as they stand.
template <class T, class Arch>
ADAGRAD_INLINE vec<T, Arch> at_most(vec<T, Arch> x, vec<T, Arch> y) {
#if defined(__x86_64__)
  return xsimd::min(y, x);
#else
  return xsimd::select(x > y, y, x);
#endif
}
template <class T, class Arch>
ADAGRAD_INLINE vec<T, Arch> at_least(vec<T, Arch> x, vec<T, Arch> y) {
#if defined(__x86_64__)
  return xsimd::max(y, x);
#else
  return xsimd::select(x < y, y, x);
#endif
}

// Instruction sets without masked access go through a buffer.
template <class T, class Arch>
ADAGRAD_INLINE vec<T, Arch> load_first(const T* from, std::size_t count, Arch) {
  alignas(64) T lanes[vec<T, Arch>::size] = {};
  for (std::size_t i = 0; i < count; ++i) lanes[i] = from[i];
  return vec<T, Arch>::load_aligned(lanes);
}
template <class T, class Arch>
ADAGRAD_INLINE void store_first(T* to, vec<T, Arch> x, std::size_t count) {
  alignas(64) T lanes[vec<T, Arch>::size];
  x.store_aligned(lanes);
  for (std::size_t i = 0; i < count; ++i) to[i] = lanes[i];
}

}  // namespace
}  // namespace adagrad::kernels

#if defined(__AVX512F__)
#include "kernels/vector_avx512.hpp"
#elif defined(__AVX__)
#include "kernels/vector_avx.hpp"
#elif defined(__SSE2__)
#include "kernels/vector_sse.hpp"
#elif defined(__aarch64__)
#include "kernels/vector_neon.hpp"
#endif
