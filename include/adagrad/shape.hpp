/// Shapes of parameters, and axes of them.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <stdexcept>

namespace adagrad {

/// Numbers of one kind, one for each axis: at most 8, else std::invalid_argument. A value without memory of its own.
template <class Number>
class axis_list {
 public:
  constexpr axis_list() = default;
  constexpr axis_list(std::initializer_list<Number> numbers) : axis_list(std::span<const Number>(numbers.begin(), numbers.size())) {}
  constexpr axis_list(std::span<const Number> numbers) {
    if (numbers.size() > list_.size())
      throw std::invalid_argument("adagrad: a shape or a list of axes has more than 8 entries: join axes of the shape");
    for (const Number number : numbers) list_[count_++] = number;
  }

  constexpr const Number* begin() const noexcept { return list_.data(); }
  constexpr const Number* end() const noexcept { return list_.data() + count_; }
  constexpr std::size_t size() const noexcept { return count_; }
  constexpr bool empty() const noexcept { return count_ == 0; }
  constexpr Number operator[](std::size_t i) const noexcept { return list_[i]; }

 private:
  std::array<Number, 8> list_{};
  std::size_t count_ = 0;
};

/// Sizes of the axes of a parameter, the slowest first: {rows, columns}. Empty: not known.
using tensor_shape = axis_list<std::size_t>;

/// Which axes of a shape a norm is taken over, as Keras' `axis`: one number, or several in braces; negative ones count from the last. They are
/// held against the shape where the parameter is added.
class norm_axes : public axis_list<int> {
 public:
  constexpr norm_axes(int axis) : axis_list{axis} {}
  constexpr norm_axes(std::initializer_list<int> axes) : axis_list(axes) {}
  explicit constexpr norm_axes(std::span<const int> axes) : axis_list(axes) {}
};

}  // namespace adagrad
