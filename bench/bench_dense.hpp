// The rows of the dense update.
#pragma once

namespace adagrad::bench {

enum class row_set {
  full,   // every size and instruction set
  brief,  // three sizes, the instruction set in use and the reference
  zeros,  // the price of exact zeros and of an unlucky layout
};

// Registers the rows with Google Benchmark; main.cpp's help explains their names. Rows that are to be compared (same size, type and threads)
// stand together, the memory limit and the reference first.
void register_dense_rows(row_set rows);

}  // namespace adagrad::bench
