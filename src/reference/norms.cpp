// Norms in their fixed order, clipping by them and constraints on them.
#include <cmath>
#include <limits>

#include "adagrad/reference.hpp"
#include "reference/ordered_sum.hpp"
#include "validate/shape.hpp"

namespace adagrad::reference {
namespace {

template <class T>
void constrain_groups(std::span<T> w, const tensor_shape& shape, const parameter_constraint& constraint, double norm_fuzz) {
  validate::shape(shape, w.size());
  const auto bounds = validate::make_norm_bounds<T>(constraint, norm_fuzz);
  const auto layout = validate::make_norm_layout(shape, constraint.axes);
  if (w.empty()) return;  // though there may be groups, of no elements
  for (std::size_t group = 0; group < layout.groups; ++group) {
    T* const first = w.data() + validate::norm_layout::offset(layout.kept, group);
    const auto element = [&](std::size_t i) -> T& { return first[validate::norm_layout::offset(layout.reduced, i)]; };
    const T factor = bounds.factor(static_cast<T>(ordered_norm(layout.elements, element)));
    for (std::size_t i = 0; i < layout.elements; ++i)
      element(i) = constraint.kind == constraint_kind::unit_norm ? element(i) / factor : element(i) * factor;
  }
}

}  // namespace

double clip_factor(double norm, double largest, clip_form form) {
  if (!std::isfinite(norm)) return std::numeric_limits<double>::quiet_NaN();
  if (form == clip_form::guarded) {
    const double factor = largest / (norm + 1e-6);
    return factor < 1 ? factor : 1;
  }
  return norm > largest ? largest / norm : 1;
}

#define ADAGRAD_FOR(T)                                                                                                                 \
  double sum_of_squares(std::span<const T> array) {                                                                                    \
    return ordered_sum(array.size(), [&](std::size_t i) { return array[i]; });                                                         \
  }                                                                                                                                    \
  double norm(std::span<const T> array) {                                                                                              \
    return ordered_norm(array.size(), [&](std::size_t i) { return array[i]; });                                                        \
  }                                                                                                                                    \
  void constrain_norms(std::span<T> parameters, const tensor_shape& shape, const parameter_constraint& constraint, double norm_fuzz) { \
    constrain_groups<T>(parameters, shape, constraint, norm_fuzz);                                                                     \
  }
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad::reference
