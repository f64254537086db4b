// The rows of single options of a step, beside the plain step.
#pragma once

#include "row_set.hpp"

namespace adagrad::bench {

// Registers the rows with Google Benchmark; main.cpp's help explains their names.
void register_option_rows(row_set rows);

}  // namespace adagrad::bench
