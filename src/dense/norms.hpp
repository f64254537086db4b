// Norms in the library's fixed order, and constraints on them.
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/table.hpp"
#include "validate/shape.hpp"

namespace adagrad::dense {

// The lanes of a tile as one number.
double sum_of_lanes(double* lanes) noexcept;

// Where a sum is out of range: adds the squares of the first n elements of a tile, each times 2^-exponent, to its lanes.
template <class Element>
void add_scaled_squares(std::size_t n, int exponent, double* lanes, const Element& element) {
  for (std::size_t i = 0; i < n; ++i) {
    const double x = std::ldexp(static_cast<double>(element(i)), -exponent);
    double& lane = lanes[i % kernels::norm_lanes];
    lane = lane + x * x;
  }
}
// All n of them.
template <class Element>
double scaled_sum_of_squares(std::size_t n, int exponent, const Element& element) {
  using kernels::norm_tile;
  double sum = 0;
  for (std::size_t tile = 0; tile < n; tile += norm_tile) {
    double lanes[kernels::norm_lanes] = {};
    add_scaled_squares(n - tile < norm_tile ? n - tile : norm_tile, exponent, lanes, [&](std::size_t i) { return element(tile + i); });
    sum = sum + sum_of_lanes(lanes);
  }
  return sum;
}

// The sum of squares of an array that lies in one piece.
template <class T>
double sum_of_squares(const kernels::typed_table<T>& kernels, const T* x, std::size_t n) noexcept;

// T(norm) and T(mean of the squares) of an array that lies in one piece.
template <class T>
T norm(const kernels::typed_table<T>& kernels, const T* x, std::size_t n) noexcept;
template <class T>
T mean_of_squares(const kernels::typed_table<T>& kernels, const T* x, std::size_t n) noexcept;

// Groups of one parameter are worked on in units: so many neighbours at a time, or one.
std::size_t norm_units(const validate::norm_layout& layout) noexcept;

// Brings the norms of the groups of units [begin, end) within their bounds.
template <class T>
void constrain_norms(const kernels::typed_table<T>& kernels, T* parameters, const validate::norm_layout& layout,
                     const validate::norm_bounds<T>& bounds, std::size_t begin, std::size_t end);

}  // namespace adagrad::dense
