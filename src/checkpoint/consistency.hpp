// Whether a file agrees with itself: what its options keep is there, in the right shape, and nothing else is.
#pragma once

#include <vector>

#include "checkpoint/saved_state.hpp"
#include "checkpoint/tensor.hpp"

namespace adagrad::checkpoint {

// What the elements of a tensor may be.
struct allowed_values {
  const char* rule = nullptr;  // what others break; null: all are allowed, NaN too
  double least = 0, most = 0;
  bool or_nan = false;
};

// For each tensor of the header. Throws checkpoint_error for the first thing that is missing, too much or of another shape: whoever reads arrays by the
// options of the file relies on it.
std::vector<allowed_values> check_consistency(const header& h, const saved_state& state);

}  // namespace adagrad::checkpoint
