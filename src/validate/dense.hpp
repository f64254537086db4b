// Refuses bad input before the first write, with the argument, its value and the remedy in the message; turns good options
// into a kernel's plain data. `parameter` names the optimizer's parameter that is meant, null for none.
#pragma once

#include <span>
#include <string>

#include "adagrad/options.hpp"
#include "adagrad/parallel.hpp"
#include "kernels/step.hpp"

namespace adagrad::validate {

// That it has the expected length, one that fits into memory, and is no null pointer with a length.
template <class T>
void array(const char* field, std::span<const T> array, std::size_t expected, const std::string* parameter = nullptr);

// The three arrays of one update, and that none overlaps another.
template <class T>
void arrays(std::span<const T> parameters, std::span<const T> gradients, std::span<const T> accumulators);

// The rate of a step, rounded to T.
template <class T>
T learning_rate(double value);

// A field that is finite and at least 0, and stays finite when rounded to T.
template <class T>
T not_negative(const char* field, double value, const char* remedy, const std::string* parameter = nullptr);

template <class T>
kernels::dense_step<T> step(double learning_rate, const update_options& options, const std::string* parameter = nullptr);

// What happens before the move: to the gradients, and by decay apart from them to the parameters.
template <class T>
struct stages_before_move {
  bool prepares;  // whether `preparation` changes anything
  kernels::preparation<T> preparation;
  double decoupled_decay;
  T accumulator_decay;  // 1 for none
};
template <class T>
stages_before_move<T> before_move(const update_options& options, const std::string* parameter = nullptr);

// rate * weight_decay rounded to T, which decoupled decay takes from each parameter; refuses a product that T cannot hold.
template <class T>
T shrink(double rate, double decoupled_decay);

template <class T>
kernels::constraint<T> constraint(const parameter_constraint& bounds, const std::string* parameter = nullptr);

void threads(const threading& how);

}  // namespace adagrad::validate
