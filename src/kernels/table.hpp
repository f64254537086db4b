// The kernels of one instruction set as a table of function pointers: all that the rest of the library sees of them.
#pragma once

#include <cstddef>

#include "kernels/step.hpp"

namespace adagrad::kernels {

template <class T>
struct typed_table {
#define ADAGRAD_KERNEL(name, parameters) void(*name) parameters noexcept;
#include "kernels/kernels.def"
#undef ADAGRAD_KERNEL
};

struct table {
  typed_table<float> f32;
  typed_table<double> f64;
};

// The kernels of type T.
template <class T>
constexpr const typed_table<T>& of_type(const table& t) noexcept {
  if constexpr (sizeof(T) == sizeof(float)) return t.f32;
  else return t.f64;
}

}  // namespace adagrad::kernels
