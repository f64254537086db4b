// Whether a file fits an optimizer, and all that is in the way when it does not.
#pragma once

#include <string>
#include <vector>

#include "adagrad/checkpoint.hpp"
#include "checkpoint/option_text.hpp"
#include "checkpoint/tensor.hpp"
#include "optimizer/contents.hpp"

namespace adagrad::checkpoint {

// The numbers and options of a file, without its arrays.
struct saved_parameter {
  std::string name;
  parameter_options options;
  saved_schedule learning_rate;
  std::string learning_rate_text;
  std::optional<row_options> rows;
  double owed = 0;
};

struct saved_state {
  std::uint64_t iterations = 0, pending_calls = 0;
  saved_options options;
  std::string learning_rate_text;
  std::vector<saved_parameter> parameters;  // in the order of the file
};

// Throws checkpoint_error where a string is missing or is none of what belongs there.
saved_state read_state(const header& from);

const saved_parameter* find_parameter(const saved_state& in, std::string_view name) noexcept;
const tensor* find_tensor(const header& in, const std::string& name) noexcept;

// Everything that does not fit, one line each; fills the report's lists. Reads no arrays.
std::vector<std::string> compare(const header& tensors, const saved_state& file, const optimizer_contents& mine, const load_options& how,
                                 load_report& report);

// The options that load_options::from_file leaves an optimizer with. A schedule that the file could not hold is the one that was supplied, or stays.
replaced_options options_of_file(const saved_state& file, const optimizer_contents& mine, const load_options& how);

}  // namespace adagrad::checkpoint
