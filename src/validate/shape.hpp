// Shapes, and constraints on norms over some of their axes.
#pragma once

#include <string>
#include <vector>

#include "adagrad/constraint.hpp"

namespace adagrad::validate {

constexpr bool is_on_norms(constraint_kind kind) noexcept { return kind >= constraint_kind::max_norm; }

// A constraint on norms in the compute type.
template <class T>
struct norm_bounds {
  constraint_kind kind;
  T lower, upper, rate, rest, fuzz;

  // What the elements of a group with this norm are divided by (unit norm) or multiplied with; 1 where they stay.
  T factor(T norm) const noexcept {
    const T divisor = fuzz + norm;
    if (divisor == 0) return 1;
    if (kind == constraint_kind::unit_norm) return divisor;
    if (kind == constraint_kind::max_norm) return (norm > upper ? upper : norm) / divisor;
    const T clamped = norm < lower ? lower : norm > upper ? upper : norm;
    return ((rate * clamped) + (rest * norm)) / divisor;
  }
};

// A shape as its axes are run through: those of size 1 left out, neighbours that are both kept or both reduced as one; slowest first.
struct norm_layout {
  struct axis {
    std::size_t size, stride;
  };
  // Groups: one for each place along `kept`. Their elements, in order: the places along `reduced`.
  std::vector<axis> kept, reduced;
  std::size_t groups = 1, elements = 1;

  // Where place `index` of some axes lies.
  static std::size_t offset(const std::vector<axis>& axes, std::size_t index) noexcept;
};

// Both throw std::invalid_argument when something is wrong with the constraint, or it does not go with the shape.
template <class T>
norm_bounds<T> make_norm_bounds(const parameter_constraint& constraint, double norm_fuzz, const std::string* parameter = nullptr);
norm_layout make_norm_layout(const tensor_shape& shape, const norm_axes& axes, const std::string* parameter = nullptr);

// That a shape, if there is one, has so many elements.
void shape(const tensor_shape& shape, std::size_t elements, const std::string* parameter = nullptr);

}  // namespace adagrad::validate
