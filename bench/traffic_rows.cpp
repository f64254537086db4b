// The memory limit of an update of embedding rows: the same loads and stores in the same order with next to no arithmetic. Compiled once for each
// instruction set; the table is the only symbol.
#include "kernels/vector.hpp"
#include "tables.hpp"

#define ADAGRAD_JOIN_(a, b) a##b
#define ADAGRAD_JOIN(a, b) ADAGRAD_JOIN_(a, b)

namespace adagrad::bench {
namespace {

using V = kernels::vec<float, ADAGRAD_ISA_XSIMD>;

// w -= g and, elementwise, G += g; N vectors.
template <unsigned N, bool Elementwise>
ADAGRAD_INLINE void pass(float* __restrict w, const float* __restrict g, float* __restrict G) {
  V parameters[N], accumulators[N];
  for (unsigned k = 0; k < N; ++k) {
    const V gradients = V::load_unaligned(g + k * V::size);
    parameters[k] = V::load_unaligned(w + k * V::size) - gradients;
    if constexpr (Elementwise) accumulators[k] = V::load_unaligned(G + k * V::size) + gradients;
  }
  for (unsigned k = 0; k < N; ++k) parameters[k].store_unaligned(w + k * V::size);
  if constexpr (Elementwise)
    for (unsigned k = 0; k < N; ++k) accumulators[k].store_unaligned(G + k * V::size);
}

// Measured: never slower than into the first, which has fewer requests under way, and up to 15 % faster.
constexpr int second_cache = 2;
constexpr std::size_t line = 64 / sizeof(float);

// The arrays of a row.
struct place {
  float *w, *G;
  const float* g;
};

template <bool Elementwise, bool Gathered>
ADAGRAD_INLINE void fetch(const place& row, std::size_t i) {
  __builtin_prefetch(row.w + i, 0, second_cache);
  if (Elementwise || i == 0) __builtin_prefetch(row.G + i, 0, second_cache);
  if (Gathered) __builtin_prefetch(row.g + i, 0, second_cache);
}

// `ask` is called with the first element of each line.
template <bool Elementwise, class Ask>
ADAGRAD_INLINE void one_row(const place& row, std::size_t width, const Ask& ask) {
  std::size_t i = 0;
  for (; width - i >= 4 * V::size; i += 4 * V::size) {
    for (std::size_t k = 0; k < 4 * V::size; k += line) ask(i + k);
    pass<4, Elementwise>(row.w + i, row.g + i, row.G + i);
  }
  for (; width - i >= V::size; i += V::size) {
    if (i % line == 0) ask(i);
    pass<1, Elementwise>(row.w + i, row.g + i, row.G + i);
  }
  for (; i < width; ++i) {
    if (i % line == 0) ask(i);
    row.w[i] -= row.g[i];
    if constexpr (Elementwise) row.G[i] += row.g[i];
  }
  if constexpr (!Elementwise) *row.G += *row.g;
}

template <bool Elementwise, bool Gathered, bool Between>
ADAGRAD_INLINE void sweep(const row_traffic& of, std::size_t distance) {
  const auto find = [&](std::size_t i) {
    const std::int64_t row = of.indices[i];
    const std::size_t value = Gathered ? static_cast<std::size_t>(of.value_rows[i]) : i;
    return place{of.table + row * of.stride, of.accumulators + row * of.accumulator_stride, of.values + value * of.width};
  };
  for (std::size_t i = 0; i < of.count; ++i) {
    const place here = find(i);
    if (distance == 0 || i + distance >= of.count) {
      one_row<Elementwise>(here, of.width, [](std::size_t) {});
      continue;
    }
    const place later = find(i + distance);
    if constexpr (Between) {
      one_row<Elementwise>(here, of.width, [&](std::size_t k) { fetch<Elementwise, Gathered>(later, k); });
    } else {
      for (std::size_t k = 0; k < of.width; k += line) fetch<Elementwise, Gathered>(later, k);
      one_row<Elementwise>(here, of.width, [](std::size_t) {});
    }
  }
}

template <bool Elementwise>
void sweep_rows(const row_traffic& of, row_prefetch ahead) noexcept {
  const auto with = [&]<bool Gathered>() {
    if (ahead.between) sweep<Elementwise, Gathered, true>(of, ahead.rows);
    else sweep<Elementwise, Gathered, false>(of, ahead.rows);
  };
  if (of.value_rows != nullptr) with.template operator()<true>();
  else with.template operator()<false>();
}

}  // namespace

extern const row_traffic_table ADAGRAD_JOIN(row_traffic_, ADAGRAD_ISA_NAME);
const row_traffic_table ADAGRAD_JOIN(row_traffic_, ADAGRAD_ISA_NAME) = {sweep_rows<true>, sweep_rows<false>};

}  // namespace adagrad::bench
