// A range of one parameter through all the stages of a step. What update and the optimizer both do, on one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "kernels/table.hpp"

namespace adagrad::dense {

// Arrays of `count` elements and what is done with them.
template <class T>
struct work {
  T* parameters;
  const T* gradients;
  T* accumulators;
  std::size_t count;
  kernels::dense_step<T> step;
  kernels::constraint<T> constraint;
};

// Bytes of parameters in a tile: with its gradients and accumulators it stays in the first cache while it passes through the stages. Work is split
// at tiles: parts begin at whole cache lines, and pages are seldom shared.
inline constexpr std::size_t tile_bytes = 4096;
template <class T>
inline constexpr std::size_t tile = tile_bytes / sizeof(T);

template <class T>
inline void sweep(const kernels::table& kernels, const work<T>& w, std::size_t begin, std::size_t end) {
  const auto move = [&](std::size_t from, std::size_t to) {
    if constexpr (std::is_same_v<T, float>)
      kernels.update_f32(w.parameters + from, w.gradients + from, w.accumulators + from, to - from, w.step);
    else kernels.update_f64(w.parameters + from, w.gradients + from, w.accumulators + from, to - from, w.step);
  };
  if (w.constraint.what == kernels::constraint<T>::kind::none) return move(begin, end);
  for (std::size_t from = begin, to; from < end; from = to) {
    to = std::min(from + tile<T>, end);
    move(from, to);
    if constexpr (std::is_same_v<T, float>) kernels.constrain_f32(w.parameters + from, to - from, w.constraint);
    else kernels.constrain_f64(w.parameters + from, to - from, w.constraint);
  }
}

}  // namespace adagrad::dense
