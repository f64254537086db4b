/// Bounds on parameters, applied after each move.
#pragma once

#include <limits>

#include "adagrad/shape.hpp"

namespace adagrad {

enum class constraint_kind : unsigned char {
  none,
  non_negative,  ///< see non_negative()
  box,           ///< see box()
  max_norm,      ///< see max_norm()
  unit_norm,     ///< see unit_norm()
  min_max_norm,  ///< see min_max_norm()
};

/// Where a parameter's elements, or their norms, may lie. Make one with the functions below; the default constrains nothing.
struct parameter_constraint {
  constraint_kind kind = constraint_kind::none;
  double lower = -std::numeric_limits<double>::infinity();  ///< box, and min_max_norm's smallest norm
  double upper = std::numeric_limits<double>::infinity();   ///< box, and the largest norm
  double rate = 1;                                          ///< min_max_norm only
  norm_axes axes = 0;                                       ///< those with a norm only
};

/// Keras' NonNeg, w * (w >= 0): a negative element becomes -0 (as that product has it), NaN stays NaN, and -infinity becomes NaN.
constexpr parameter_constraint non_negative() noexcept { return {.kind = constraint_kind::non_negative}; }

/// w < lower ? lower : w > upper ? upper : w; NaN stays NaN. The bounds are rounded to the parameter's type; either may be infinite, lower <= upper.
constexpr parameter_constraint box(double lower, double upper) noexcept {
  return {.kind = constraint_kind::box, .lower = lower, .upper = upper};
}

/// Keras' MaxNorm. The parameter's shape (parameter_options::shape) is cut into groups of elements that differ only in their places along `axes`: with axis 0 the
/// columns of a matrix, with {0, 1, 2} the filters of a convolution in Keras' layout. With n the l2 norm of a group, rounded to the
/// parameter's type, and f the norm_fuzz: w * (min(n, largest) / (f + n)). Where n + f is 0 the group stays; NaN stays NaN. largest is finite and >= 0.
constexpr parameter_constraint max_norm(double largest, norm_axes axes = 0) {
  return {.kind = constraint_kind::max_norm, .lower = 0, .upper = largest, .axes = axes};
}

/// Keras' UnitNorm: w / (f + n), see max_norm().
constexpr parameter_constraint unit_norm(norm_axes axes = 0) { return {.kind = constraint_kind::unit_norm, .axes = axes}; }

/// Keras' MinMaxNorm: w * ((rate * clamp(n, smallest, largest) + (1 - rate) * n) / (f + n)), see max_norm(). rate is in [0, 1]; 1 enforces the
/// bounds at once.
constexpr parameter_constraint min_max_norm(double smallest, double largest, double rate = 1, norm_axes axes = 0) {
  return {.kind = constraint_kind::min_max_norm, .lower = smallest, .upper = largest, .rate = rate, .axes = axes};
}

}  // namespace adagrad
