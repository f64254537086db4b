// A range of one parameter through all the stages of a step. What update and the optimizer both do, on one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "kernels/table.hpp"
#include "validate/dense.hpp"

namespace adagrad::dense {

// Arrays of `count` elements and what is done with them.
template <class T>
struct work {
  T* parameters;
  const T* gradients;
  T* accumulators;
  std::size_t count;
  kernels::dense_step<T> step;
  validate::stages_before_move<T> before;
  T shrink;  // of decoupled decay, for the rate of this step; 0 for none
  kernels::constraint<T> constraint;

  void set_rate(double rate) noexcept {
    step.learning_rate = static_cast<T>(rate);
    shrink = static_cast<T>(rate * before.decoupled_decay);
  }
};

// Throws std::invalid_argument when an option is bad; the rate is still to be set, the arrays have been checked.
template <class T>
work<T> make_work(std::span<T> parameters, const T* gradients, T* accumulators, const update_options& options,
                  const std::string* name = nullptr) {
  return {.parameters = parameters.data(),
          .gradients = gradients,
          .accumulators = accumulators,
          .count = parameters.size(),
          .step = validate::step<T>(0, options, name),
          .before = validate::before_move<T>(options, name),
          .shrink = 0,
          .constraint = validate::constraint<T>(options.constraint, name)};
}

// Bytes of parameters in a tile: with its gradients and accumulators it stays in the first cache while it passes through the stages. Work is split
// at tiles: parts begin at whole cache lines, and pages are seldom shared.
inline constexpr std::size_t tile_bytes = 4096;
template <class T>
inline constexpr std::size_t tile = tile_bytes / sizeof(T);

// The kernel of type T, of the two that the table has.
template <class T, class F32, class F64>
constexpr auto of_type(F32 f32, F64 f64) noexcept {
  if constexpr (std::is_same_v<T, float>) return f32;
  else return f64;
}

template <class T>
inline void sweep(const kernels::table& table, const work<T>& w, std::size_t begin, std::size_t end) {
  const auto update = of_type<T>(table.update_f32, table.update_f64);
  const bool constrains = w.constraint.what != kernels::constraint<T>::kind::none;
  if (!w.before.prepares && w.before.accumulator_decay == 1 && w.shrink == 0 && !constrains)
    return update(w.parameters + begin, w.gradients + begin, w.accumulators + begin, end - begin, w.step);
  alignas(64) T prepared[tile<T>];
  for (std::size_t from = begin; from < end; from += tile<T>) {
    const std::size_t n = std::min(tile<T>, end - from);
    T* const parameters = w.parameters + from;
    const T* gradients = w.gradients + from;
    if (w.before.prepares) {
      of_type<T>(table.prepare_f32, table.prepare_f64)(prepared, gradients, parameters, n, w.before.preparation);
      gradients = prepared;
    }
    if (w.before.accumulator_decay != 1)
      of_type<T>(table.multiply_f32, table.multiply_f64)(w.accumulators + from, n, w.before.accumulator_decay);
    if (w.shrink != 0) of_type<T>(table.shrink_f32, table.shrink_f64)(parameters, n, w.shrink);
    update(parameters, gradients, w.accumulators + from, n, w.step);
    if (constrains) of_type<T>(table.constrain_f32, table.constrain_f64)(parameters, n, w.constraint);
  }
}

}  // namespace adagrad::dense
