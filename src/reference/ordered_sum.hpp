// Sums of squares in their fixed order, and in the scale that they need.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kernels/step.hpp"

namespace adagrad::reference {

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

// Elements are 2^exponent times those whose squares were added.
struct scaled_sum {
  double sum;
  int exponent = 0;
};

// The sum as it is, where it is good: 0, NaN or in [2^-900, 2^1000]. Otherwise that of elements scaled so that the largest magnitude lies in [1, 2);
// of an infinite one it is infinite.
template <class Element>
scaled_sum safe_sum(std::size_t count, const Element& element) {
  const double sum = ordered_sum(count, element);
  if (sum == 0 || std::isnan(sum) || (sum >= 0x1p-900 && sum <= 0x1p1000)) return {sum};
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(static_cast<double>(element(i))));
  if (std::isinf(largest)) return {largest};
  const int exponent = std::ilogb(largest);
  return {ordered_sum(count, [&](std::size_t i) { return std::ldexp(static_cast<double>(element(i)), -exponent); }), exponent};
}

// The root of the sum.
template <class Element>
double ordered_norm(std::size_t count, const Element& element) {
  const scaled_sum s = safe_sum(count, element);
  return std::ldexp(std::sqrt(s.sum), s.exponent);
}

// The sum divided by the count, which is above 0.
template <class Element>
double mean_square(std::size_t count, const Element& element) {
  const scaled_sum s = safe_sum(count, element);
  return std::ldexp(s.sum / static_cast<double>(count), 2 * s.exponent);
}

}  // namespace adagrad::reference
