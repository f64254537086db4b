// The vector operations that the kernels are written in. xsimd gives the type, the loads and + - *; what must be exact,
// or what xsimd 8.1 lacks or gets wrong, is wrapped with intrinsics, one header for each family of instruction sets:
//
//   square_root(x), quotient(x, y)  correctly rounded            (xsimd's NEON ones are estimates)
//   mul_add(x, y, z), neg_mul_add(x, y, z)     x*y + z and z - x*y, rounded once where traits<Arch>::fused, else twice
//                                   (xsimd's AVX-512 one always rounds twice)
//   root_seed(x)                    an estimate of 1/sqrt(x), good to 2^-seed_bits
//   reciprocal_seed(x)              an estimate of 1/x, good to 2^-14; only where traits<Arch>::has_reciprocal_seed
//   any_nan(x, count)               whether any lane of the vectors x[0..count) is NaN
//   is_finite(x)                    as a mask for xsimd::select
//   load_first, store_first         the first `count` lanes only: nothing behind them is read or written
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

// What is known of an instruction set; each family header specialises it.
//   fused                      it has fused multiply-add
//   seed_bits<T>               quality of root_seed (proved in test_root.cpp for every seed inside that bound), 0: it has none
//   has_reciprocal_seed
//   tuning<T>                  how many vectors one pass of a loop handles; measured
//   fast<T>                    whether estimates beat the exact kernel; where not, `fast` runs the exact one
template <class Arch>
struct traits;

// How many vectors one pass of a loop handles. Of the `exact` ones, `hardware_roots` take the hardware's square root, the others
// the one on the multiply-add ports: the mixture keeps both units busy.
struct pass {
  unsigned exact, hardware_roots, fast;
};

template <class T, class Arch>
  requires(!traits<Arch>::fused)
ADAGRAD_INLINE vec<T, Arch> mul_add(vec<T, Arch> x, vec<T, Arch> y, vec<T, Arch> z) {
  return x * y + z;
}
template <class T, class Arch>
  requires(!traits<Arch>::fused)
ADAGRAD_INLINE vec<T, Arch> neg_mul_add(vec<T, Arch> x, vec<T, Arch> y, vec<T, Arch> z) {
  return z - x * y;
}

template <class T, class Arch>
ADAGRAD_INLINE xsimd::batch_bool<T, Arch> is_finite(vec<T, Arch> x) {
  const vec<T, Arch> difference = x - x;  // NaN for NaN and infinities; == is false for it (xsimd's != too, on AVX-512)
  return difference == difference;
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
