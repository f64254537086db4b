// The memory limit of a dense step: the same loads and stores with next to no arithmetic. Compiled once for each instruction set;
// the table is the only symbol.
#include "kernels/vector.hpp"
#include "tables.hpp"

#define ADAGRAD_JOIN_(a, b) a##b
#define ADAGRAD_JOIN(a, b) ADAGRAD_JOIN_(a, b)

namespace adagrad::bench {
namespace {

constexpr std::size_t prefetch_distance = 1024;  // bytes, as the kernels do it

template <class T, unsigned N>
ADAGRAD_INLINE void pass(T* __restrict w, const T* __restrict g, T* __restrict G) {
  using V = kernels::vec<T, ADAGRAD_ISA_XSIMD>;
  constexpr unsigned L = V::size;
  V gradients[N], accumulators[N], parameters[N];
  for (unsigned k = 0; k < N; ++k) {
    gradients[k] = V::load_unaligned(g + k * L);
    accumulators[k] = V::load_unaligned(G + k * L) + gradients[k];
    parameters[k] = V::load_unaligned(w + k * L) - gradients[k];
  }
  for (unsigned k = 0; k < N; ++k) accumulators[k].store_unaligned(G + k * L);
  for (unsigned k = 0; k < N; ++k) parameters[k].store_unaligned(w + k * L);
}

template <class T, unsigned N, bool Prefetch>
void sweep(T* w, const T* g, T* G, std::size_t n) noexcept {
  constexpr std::size_t step = N * kernels::vec<T, ADAGRAD_ISA_XSIMD>::size;
  std::size_t i = 0;
  for (; n - i >= step; i += step) {
    if constexpr (Prefetch) {
      for (std::size_t line = 0; line < step * sizeof(T); line += 64) {
        __builtin_prefetch(reinterpret_cast<const char*>(g + i) + prefetch_distance + line);
        __builtin_prefetch(reinterpret_cast<const char*>(G + i) + prefetch_distance + line);
        __builtin_prefetch(reinterpret_cast<const char*>(w + i) + prefetch_distance + line);
      }
    }
    pass<T, N>(w + i, g + i, G + i);
  }
  for (; i < n; ++i) {
    G[i] += g[i];
    w[i] -= g[i];
  }
}

}  // namespace

extern const traffic_table ADAGRAD_JOIN(traffic_, ADAGRAD_ISA_NAME);
const traffic_table ADAGRAD_JOIN(traffic_, ADAGRAD_ISA_NAME) = {
    {sweep<float, 1, false>, sweep<float, 1, true>, sweep<float, 4, false>, sweep<float, 4, true>},
    {sweep<double, 1, false>, sweep<double, 1, true>, sweep<double, 4, false>, sweep<double, 4, true>},
};

}  // namespace adagrad::bench
