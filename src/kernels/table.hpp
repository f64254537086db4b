// The kernels of one instruction set as a table of function pointers: all that the rest of the library sees of them.
#pragma once

#include <cstddef>

#include "kernels/step.hpp"

namespace adagrad::kernels {

struct table {
#define ADAGRAD_KERNEL(name, parameters) void(*name) parameters noexcept;
#include "kernels/kernels.def"
#undef ADAGRAD_KERNEL
};

}  // namespace adagrad::kernels
