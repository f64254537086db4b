// What bench/traffic.cpp, bench/autovectorized.cpp and bench/separate.cpp export for each instruction set. Plain data: compiled with every set of flags.
#pragma once

#include <cstddef>

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
