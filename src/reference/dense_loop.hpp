// The reference itself: semantics in a plain loop. A template in a header so that the benchmark can compile the same loop
// for the compiler's vectoriser; the library's copy is built without vectorisation.
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/step.hpp"

namespace adagrad::reference {

template <class T>
inline void dense_loop(T* parameters, const T* gradients, T* accumulators, std::size_t count, const kernels::dense_step<T>& step) {
  for (std::size_t i = 0; i < count; ++i) {
    const T g = gradients[i], before = accumulators[i], after = before + g * g;
    const T used = step.root_before_gradient ? before : after;
    const T denominator = step.epsilon_inside_root ? std::sqrt(used + step.epsilon) : std::sqrt(used) + step.epsilon;
    accumulators[i] = after;
    parameters[i] = denominator == 0 ? parameters[i] : parameters[i] - (step.learning_rate * g) / denominator;
  }
}

template <class T>
inline T prepared(T gradient, T parameter, const kernels::preparation<T>& p) {
  const T scaled = gradient * p.scale;
  const T clipped = scaled < -p.clip ? -p.clip : scaled > p.clip ? p.clip : scaled;
  return p.decay == 0 ? clipped : clipped + p.decay * parameter;
}

template <class T>
inline void constrain_loop(T* parameters, std::size_t count, const kernels::constraint<T>& c) {
  using kind = typename kernels::constraint<T>::kind;
  if (c.what == kind::none) return;
  for (std::size_t i = 0; i < count; ++i) {
    const T v = parameters[i];
    if (c.what == kind::non_negative) parameters[i] = v >= 0 ? v : v * 0;
    if (c.what == kind::box) parameters[i] = v < c.lower ? c.lower : v > c.upper ? c.upper : v;
  }
}

}  // namespace adagrad::reference
