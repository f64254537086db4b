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

}  // namespace adagrad::reference
