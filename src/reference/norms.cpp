// Norms in their fixed order, clipping by them and constraints on them.
#include <algorithm>
#include <cmath>
#include <limits>

#include "adagrad/reference.hpp"
#include "kernels/step.hpp"
#include "validate/shape.hpp"

namespace adagrad::reference {
namespace {

// The sum of the squares of what element(i) gives for i < count.
template <class Element>
double ordered_sum(std::size_t count, const Element& element) {
  using kernels::norm_lanes;
  double sum = 0;
  for (std::size_t tile = 0; tile < count; tile += kernels::norm_tile) {
    double lanes[norm_lanes] = {};
    for (std::size_t i = 0; i < std::min(kernels::norm_tile, count - tile); ++i) {
      const auto x = static_cast<double>(element(tile + i));
      lanes[i % norm_lanes] = lanes[i % norm_lanes] + x * x;
    }
    for (std::size_t half = norm_lanes / 2; half > 0; half /= 2)
      for (std::size_t l = 0; l < half; ++l) lanes[l] = lanes[l] + lanes[l + half];
    sum = sum + lanes[0];
  }
  return sum;
}

template <class Element>
double ordered_norm(std::size_t count, const Element& element) {
  const double sum = ordered_sum(count, element);
  if (sum == 0 || std::isnan(sum) || (sum >= 0x1p-900 && sum <= 0x1p1000)) return std::sqrt(sum);
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(static_cast<double>(element(i))));
  if (std::isinf(largest)) return largest;
  const int exponent = std::ilogb(largest);
  return std::ldexp(std::sqrt(ordered_sum(count, [&](std::size_t i) { return std::ldexp(static_cast<double>(element(i)), -exponent); })),
                    exponent);
}

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
