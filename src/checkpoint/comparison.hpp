// Whether a file fits an optimizer, and all that is in the way when it does not.
#pragma once

#include <string>
#include <vector>

#include "adagrad/checkpoint.hpp"
#include "checkpoint/saved_state.hpp"
#include "optimizer/contents.hpp"

namespace adagrad::checkpoint {

// Everything that does not fit, one line each; fills the report's lists. Reads no arrays.
std::vector<std::string> compare(const saved_state& file, const optimizer_contents& mine, const load_options& how, load_report& report);

// The options that load_options::from_file leaves an optimizer with. A schedule that the file could not hold is the one that was supplied, or stays.
replaced_options options_of_file(const saved_state& file, const optimizer_contents& mine, const load_options& how);

}  // namespace adagrad::checkpoint
