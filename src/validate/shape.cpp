#include "validate/shape.hpp"

#include <algorithm>

#include "validate/numbers.hpp"

namespace adagrad::validate {
namespace {

std::string written(const tensor_shape& shape) {
  std::string result = "{";
  for (const std::size_t size : shape) result += (result.size() > 1 ? ", " : "") + std::to_string(size);
  return result + "}";
}

// Which axes are reduced.
std::vector<bool> reduced_axes(std::size_t rank, const norm_axes& axes, const std::string* parameter) {
  std::vector<bool> reduced(rank, false);
  if (axes.begin() == axes.end()) fail(parameter, "constraint: axes is empty: name at least one axis to take norms over, such as 0");
  for (const int axis : axes) {
    const auto places = static_cast<int>(rank);
    const int place = axis < 0 ? axis + places : axis;
    if (place < 0 || place >= places)
      fail(parameter, "constraint: axis " + std::to_string(axis) + " of a shape with " + std::to_string(rank) + " axes: use one from " +
                          std::to_string(-places) + " to " + std::to_string(places - 1));
    if (reduced[static_cast<std::size_t>(place)])
      fail(parameter, "constraint: axis " + std::to_string(axis) + " is named twice: name each axis once");
    reduced[static_cast<std::size_t>(place)] = true;
  }
  return reduced;
}

}  // namespace

std::size_t norm_layout::offset(const std::vector<axis>& axes, std::size_t index) noexcept {
  std::size_t offset = 0;
  for (auto a = axes.rbegin(); a != axes.rend(); ++a) {
    offset += index % a->size * a->stride;
    index /= a->size;
  }
  return offset;
}

norm_layout make_norm_layout(const tensor_shape& shape, const norm_axes& axes, const std::string* parameter) {
  if (shape.empty())
    fail(parameter,
         "constraint: a norm is taken over axes of a shape, and the parameter has none: set parameter_options::shape, for example {rows, "
         "columns}");
  const std::vector<bool> reduced = reduced_axes(shape.size(), axes, parameter);
  norm_layout layout;
  std::size_t stride = 1;
  std::vector<norm_layout::axis>* last = nullptr;
  for (std::size_t i = shape.size(); i-- > 0;) {  // fastest first
    auto& mine = reduced[i] ? layout.reduced : layout.kept;
    (reduced[i] ? layout.elements : layout.groups) *= shape[i];
    if (shape[i] == 1) continue;
    if (last == &mine) mine.back().size *= shape[i];
    else mine.push_back({shape[i], stride});
    stride *= shape[i];
    last = &mine;
  }
  std::ranges::reverse(layout.kept);
  std::ranges::reverse(layout.reduced);
  return layout;
}

void shape(const tensor_shape& shape, std::size_t elements, const std::string* parameter) {
  if (shape.empty()) return;
  std::size_t product = 1;
  bool too_many = false;
  for (const std::size_t size : shape) too_many |= __builtin_mul_overflow(product, size, &product);
  if (std::find(shape.begin(), shape.end(), std::size_t(0)) != shape.end()) product = 0, too_many = false;
  if (too_many || product != elements)
    fail(parameter, "shape is " + written(shape) + ", which is " +
                        (too_many ? "more than memory can hold" : std::to_string(product) + " elements") + " in place of " +
                        std::to_string(elements) + ": give the sizes of its axes, slowest first, or leave it empty");
}

template <class T>
norm_bounds<T> make_norm_bounds(const parameter_constraint& c, double norm_fuzz, const std::string* parameter) {
  if (!is_on_norms(c.kind) || c.kind > constraint_kind::min_max_norm)
    fail(parameter, "constraint.kind is " + std::to_string(static_cast<unsigned>(c.kind)) +
                        ", which is none of those on norms: use max_norm(), unit_norm() or min_max_norm()");
  norm_bounds<T> bounds{c.kind, 0, 0, 1, 0, not_negative<T>("norm_fuzz", norm_fuzz, "use 1e-7 as Keras does, or 0", parameter)};
  if (c.kind == constraint_kind::unit_norm) return bounds;
  bounds.upper = not_negative<T>("constraint: the largest norm", c.upper, "use a number such as 2", parameter);
  if (c.kind == constraint_kind::max_norm) return bounds;
  bounds.lower = not_negative<T>("constraint: the smallest norm", c.lower, "use 0, or a number below the largest norm", parameter);
  if (c.lower > c.upper)
    fail(parameter, "constraint: the smallest norm " + text(c.lower) + " is above the largest norm " + text(c.upper) + ": swap them");
  bounds.rate = fraction<T>("constraint: rate", c.rate, "use 1 to enforce the bounds at once", parameter);
  bounds.rest = static_cast<T>(1 - c.rate);
  return bounds;
}

template norm_bounds<float> make_norm_bounds<float>(const parameter_constraint&, double, const std::string*);
template norm_bounds<double> make_norm_bounds<double>(const parameter_constraint&, double, const std::string*);

}  // namespace adagrad::validate
