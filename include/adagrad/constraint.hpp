/// Bounds on parameters, applied to each element right after it moved.
#pragma once

#include <limits>

namespace adagrad {

enum class constraint_kind : unsigned char {
  none,
  non_negative,  ///< see non_negative()
  box,           ///< see box()
};

/// Where a parameter's elements may lie. Make one with non_negative() or box(); the default constrains nothing.
struct parameter_constraint {
  constraint_kind kind = constraint_kind::none;
  double lower = -std::numeric_limits<double>::infinity();  ///< box only
  double upper = std::numeric_limits<double>::infinity();   ///< box only
};

/// Keras' NonNeg, w * (w >= 0): a negative element becomes -0 (as that product has it), NaN stays NaN, and -infinity becomes NaN.
constexpr parameter_constraint non_negative() noexcept { return {.kind = constraint_kind::non_negative}; }

/// w < lower ? lower : w > upper ? upper : w; NaN stays NaN. The bounds are rounded to the parameter's type; either may be infinite, lower <= upper.
constexpr parameter_constraint box(double lower, double upper) noexcept { return {constraint_kind::box, lower, upper}; }

}  // namespace adagrad
