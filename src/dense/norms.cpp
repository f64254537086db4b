#include "dense/norms.hpp"

#include <algorithm>
#include <cmath>

namespace adagrad::dense {
namespace {

using kernels::norm_lanes;
using kernels::norm_tile;
using validate::norm_layout;

// Groups whose elements lie side by side with those of other groups are worked on so many at a time: a row of each lane fills 8 KiB.
constexpr std::size_t columns = 64;

bool groups_are_neighbours(const norm_layout& layout) noexcept { return !layout.kept.empty() && layout.kept.back().stride == 1; }

// A sum of squares that is out of range: sum * 2^(2 * exponent).
struct scaled_sum {
  double sum;
  int exponent;
};

// From elements scaled by a power of two.
template <class Element>
scaled_sum rescued_sum(std::size_t n, const Element& element) {
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(static_cast<double>(element(i))));
  if (std::isinf(largest)) return {largest, 0};
  const int exponent = std::ilogb(largest);
  return {scaled_sum_of_squares(n, exponent, element), exponent};
}

template <class Element>
double rescued_norm(std::size_t n, const Element& element) {
  const scaled_sum rescued = rescued_sum(n, element);
  return std::ldexp(std::sqrt(rescued.sum), rescued.exponent);
}

template <class T>
T norm_of(double sum, const T* group, const norm_layout& layout) {
  if (!kernels::is_out_of_range(sum)) return static_cast<T>(std::sqrt(sum));
  return static_cast<T>(rescued_norm(layout.elements, [&](std::size_t i) { return group[norm_layout::offset(layout.reduced, i)]; }));
}

template <class T>
struct constrainer {
  const kernels::typed_table<T>& kernels;
  const norm_layout& layout;
  const validate::norm_bounds<T>& bounds;

  void apply(T* w, const T* factors, std::size_t n) const {
    (bounds.kind == constraint_kind::unit_norm ? kernels.divide : kernels.multiply)(w, factors, n);
  }

  // `count` groups that lie side by side: the sums of all of them grow together, row by row.
  void neighbours(T* first, std::size_t count) const {
    alignas(64) double lanes[norm_lanes][columns], sums[columns] = {};
    for (std::size_t tile = 0; tile < layout.elements; tile += norm_tile) {
      for (auto& lane : lanes) std::fill_n(lane, count, 0.0);
      for (std::size_t i = 0; i < std::min(norm_tile, layout.elements - tile); ++i)
        kernels.add_squares_apart(first + norm_layout::offset(layout.reduced, tile + i), count, lanes[i % norm_lanes]);
      for (std::size_t half = norm_lanes / 2; half > 0; half /= 2)
        for (std::size_t l = 0; l < half; ++l)
          for (std::size_t c = 0; c < count; ++c) lanes[l][c] = lanes[l][c] + lanes[l + half][c];
      for (std::size_t c = 0; c < count; ++c) sums[c] = sums[c] + lanes[0][c];
    }
    T factors[columns];
    for (std::size_t c = 0; c < count; ++c) factors[c] = bounds.factor(norm_of(sums[c], first + c, layout));
    for (std::size_t i = 0; i < layout.elements; ++i) apply(first + norm_layout::offset(layout.reduced, i), factors, count);
  }

  // One group whose elements lie in stretches of `stretch`, through a buffer where that is not all of it.
  void alone(T* first) const {
    const std::size_t stretch = layout.reduced.empty() ? 1 : layout.reduced.back().stride == 1 ? layout.reduced.back().size : 1;
    double sum = 0;
    T buffer[1024];
    for (std::size_t tile = 0; tile < layout.elements; tile += norm_tile) {
      double lanes[norm_lanes] = {};
      const std::size_t tile_end = std::min(tile + norm_tile, layout.elements);
      for (std::size_t from = tile; from < tile_end; from += std::size(buffer)) {
        const std::size_t n = std::min(std::size(buffer), tile_end - from);
        const bool together = stretch == layout.elements;
        for (std::size_t i = 0; !together && i < n; ++i) buffer[i] = first[norm_layout::offset(layout.reduced, from + i)];
        kernels.add_squares(together ? first + from : buffer, n, lanes);
      }
      sum = sum + sum_of_lanes(lanes);
    }
    std::fill(std::begin(buffer), std::end(buffer), bounds.factor(norm_of(sum, first, layout)));
    for (std::size_t i = 0; i < layout.elements; i += stretch) {
      T* const w = first + norm_layout::offset(layout.reduced, i);
      for (std::size_t from = 0; from < stretch; from += std::size(buffer))
        apply(w + from, buffer, std::min(std::size(buffer), stretch - from));
    }
  }
};

}  // namespace

double sum_of_lanes(double* lanes) noexcept {
  for (std::size_t half = norm_lanes / 2; half > 0; half /= 2)
    for (std::size_t l = 0; l < half; ++l) lanes[l] = lanes[l] + lanes[l + half];
  return lanes[0];
}

template <class T>
double sum_of_squares(const kernels::typed_table<T>& kernels, const T* x, std::size_t n) noexcept {
  double sum = 0;
  for (std::size_t tile = 0; tile < n; tile += norm_tile) {
    double lanes[norm_lanes] = {};
    kernels.add_squares(x + tile, std::min(norm_tile, n - tile), lanes);
    sum = sum + sum_of_lanes(lanes);
  }
  return sum;
}

template <class T>
T norm(const kernels::typed_table<T>& kernels, const T* x, std::size_t n) noexcept {
  const double sum = sum_of_squares(kernels, x, n);
  return static_cast<T>(kernels::is_out_of_range(sum) ? rescued_norm(n, [x](std::size_t i) { return x[i]; }) : std::sqrt(sum));
}

template <class T>
T mean_of_squares(const kernels::typed_table<T>& kernels, const T* x, std::size_t n) noexcept {
  const double sum = sum_of_squares(kernels, x, n);
  if (!kernels::is_out_of_range(sum)) return static_cast<T>(sum / static_cast<double>(n));
  const scaled_sum rescued = rescued_sum(n, [x](std::size_t i) { return x[i]; });
  return static_cast<T>(std::ldexp(rescued.sum / static_cast<double>(n), 2 * rescued.exponent));
}

std::size_t norm_units(const norm_layout& layout) noexcept {
  if (layout.elements == 0) return 0;  // no memory to point into
  if (layout.groups == 0 || !groups_are_neighbours(layout)) return layout.groups;
  const std::size_t row = layout.kept.back().size;
  return layout.groups / row * ((row + columns - 1) / columns);
}

template <class T>
void constrain_norms(const kernels::typed_table<T>& kernels, T* parameters, const norm_layout& layout,
                     const validate::norm_bounds<T>& bounds, std::size_t begin, std::size_t end) {
  const constrainer<T> work{kernels, layout, bounds};
  if (!groups_are_neighbours(layout)) {
    for (std::size_t group = begin; group < end; ++group) work.alone(parameters + norm_layout::offset(layout.kept, group));
    return;
  }
  const std::size_t row = layout.kept.back().size, blocks = (row + columns - 1) / columns;
  for (std::size_t unit = begin; unit < end; ++unit) {
    const std::size_t from = unit % blocks * columns;
    work.neighbours(parameters + norm_layout::offset(layout.kept, unit / blocks * row + from), std::min(columns, row - from));
  }
}

template double sum_of_squares<float>(const kernels::typed_table<float>&, const float*, std::size_t) noexcept;
template double sum_of_squares<double>(const kernels::typed_table<double>&, const double*, std::size_t) noexcept;
template float norm<float>(const kernels::typed_table<float>&, const float*, std::size_t) noexcept;
template double norm<double>(const kernels::typed_table<double>&, const double*, std::size_t) noexcept;
template float mean_of_squares<float>(const kernels::typed_table<float>&, const float*, std::size_t) noexcept;
template double mean_of_squares<double>(const kernels::typed_table<double>&, const double*, std::size_t) noexcept;
template void constrain_norms<float>(const kernels::typed_table<float>&, float*, const norm_layout&, const validate::norm_bounds<float>&,
                                     std::size_t, std::size_t);
template void constrain_norms<double>(const kernels::typed_table<double>&, double*, const norm_layout&,
                                      const validate::norm_bounds<double>&, std::size_t, std::size_t);

}  // namespace adagrad::dense
