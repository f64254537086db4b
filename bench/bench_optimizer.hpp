// The rows of the optimizer and of what a trainer does without it.
#pragma once

#include "row_set.hpp"

namespace adagrad::bench {

// Registers the rows with Google Benchmark; main.cpp's help explains their names. Rows of as many elements, the instruction set and the
// threads stand together, the memory limit first.
void register_optimizer_rows(row_set rows);

}  // namespace adagrad::bench
