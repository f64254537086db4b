// The rows of the memory limit.
#pragma once

#include <string_view>

#include "rows.hpp"

namespace adagrad::bench {

// Registers the row of one size: the loads and stores of a step with next to no arithmetic, in the form that is fastest there.
template <class T>
void add_traffic(std::string_view isa, row_size size);

}  // namespace adagrad::bench
