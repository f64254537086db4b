// Finds the kernels of the instruction set in use. Baseline code: it must run on every machine the library loads on.
#pragma once

#include "kernels/table.hpp"

namespace adagrad::dispatch {

// The table of the instruction set in use; see adagrad::instruction_set() for the choice and the error. Allocates only to throw.
const kernels::table& active();

}  // namespace adagrad::dispatch
