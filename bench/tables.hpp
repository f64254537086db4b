// What bench/traffic.cpp, traffic_rows.cpp, autovectorized.cpp and separate.cpp export for each instruction set. Plain data: compiled with every set of
// flags.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/step.hpp"

namespace adagrad::bench {

// The traffic sweep in its four forms; which one is fastest depends on the machine and the size.
inline constexpr std::size_t traffic_forms = 4;
inline constexpr const char* traffic_form_names[traffic_forms] = {"unroll 1", "unroll 1 with prefetch", "unroll 4",
                                                                  "unroll 4 with prefetch"};

// parameters -= gradients; accumulators += gradients.
template <class T>
using traffic_sweep = void (*)(T* parameters, const T* gradients, T* accumulators, std::size_t count) noexcept;

struct traffic_table {
  traffic_sweep<float> f32[traffic_forms];
  traffic_sweep<double> f64[traffic_forms];
};

// Rows of a table, their accumulators, and what they are changed by.
struct row_traffic {
  float* table;
  float* accumulators;
  std::ptrdiff_t stride, accumulator_stride;  // elements
  const std::int64_t* indices;
  const std::int32_t* value_rows;  // for each index its row of `values`; null: index after index
  const float* values;
  std::size_t count, width;
};

// How the traffic sweep of rows asks for the row that comes so many rows later, into the second-level cache: all of it at once, or line by line
// between the vectors of the row that is worked on. 0 rows: not at all.
struct row_prefetch {
  std::size_t rows;
  bool between;
};
inline constexpr row_prefetch row_prefetches[] = {{0, false},  {4, false}, {8, false}, {16, false},
                                                  {32, false}, {8, true},  {16, true}, {32, true}};

// For each index, in order: row -= value; accumulators += value, or the row's one accumulator += the first element of value.
struct row_traffic_table {
  void (*elementwise)(const row_traffic& of, row_prefetch ahead) noexcept;
  void (*rowwise)(const row_traffic& of, row_prefetch ahead) noexcept;
};

// The reference's loop with the default rule; the flags of the step are not looked at.
template <class T>
using autovectorized_update = void (*)(T* parameters, const T* gradients, T* accumulators, std::size_t count,
                                       const kernels::dense_step<T>& step) noexcept;

struct autovectorized_table {
  autovectorized_update<float> f32;
  autovectorized_update<double> f64;
};

// One option each, in a sweep of its own.
struct separate_table {
  void (*scale)(float* g, std::size_t n, float by) noexcept;
  void (*clip)(float* g, std::size_t n, float to) noexcept;
  void (*decay)(float* g, const float* w, std::size_t n, float by) noexcept;
  void (*non_negative)(float* w, std::size_t n) noexcept;
  void (*zero)(float* g, std::size_t n) noexcept;
};

}  // namespace adagrad::bench
