// The rows of the dense update.
#pragma once

#include "row_set.hpp"

namespace adagrad::bench {

// Registers the rows with Google Benchmark; main.cpp's help explains their names. Rows that are to be compared (same size, type and threads)
// stand together, the memory limit and the reference first.
void register_dense_rows(row_set rows);

}  // namespace adagrad::bench
