// The loops that the library is compared with, by instruction set.
#pragma once

#include <string_view>

#include "tables.hpp"

namespace adagrad::bench {

struct comparison {
  std::string_view isa;
  const traffic_table& traffic;
  const row_traffic_table& row_traffic;
  const autovectorized_table& autovectorized;
  const separate_table& separate;
};

// That of an available instruction set.
const comparison& compared_with(std::string_view isa);

}  // namespace adagrad::bench
