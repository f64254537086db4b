// Refuses bad input before the first write, with the argument, its value and the remedy in the message; turns good options
// into a kernel's plain data.
#pragma once

#include <span>

#include "adagrad/options.hpp"
#include "adagrad/parallel.hpp"
#include "kernels/step.hpp"

namespace adagrad::validate {

template <class T>
void arrays(std::span<const T> parameters, std::span<const T> gradients, std::span<const T> accumulators);

template <class T>
kernels::dense_step<T> step(double learning_rate, const update_options& options);

void threads(const threading& how);

}  // namespace adagrad::validate
