// The benchmark's rows of embedding tables.
#pragma once

#include "row_set.hpp"

namespace adagrad::bench {

// Registers the updates of tables beside their limits and the reference; main.cpp's help explains their names.
void register_table_rows(row_set rows);

}  // namespace adagrad::bench
