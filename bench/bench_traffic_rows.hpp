// The rows of the memory limit of embedding tables.
#pragma once

#include <string_view>

#include "table_rows.hpp"

namespace adagrad::bench {

// Registers the rows of one table: the loads and stores of an update with next to no arithmetic, with the prefetch that is fastest there.
void add_row_traffic(std::string_view isa, const table_size& size, state_layout layout);
// The same for bags: a gradient for each bag only.
void add_bag_traffic(std::string_view isa, const table_size& size, state_layout layout);

// elementwise, elementwise-interleaved, rowwise
std::string traffic_variant(state_layout layout);

}  // namespace adagrad::bench
