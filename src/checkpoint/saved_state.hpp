// The numbers and options of a file, and where its arrays are: what its header says, understood.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>

#include "adagrad/checkpoint.hpp"
#include "checkpoint/option_text.hpp"
#include "checkpoint/tensor.hpp"
#include "optimizer/contents.hpp"

namespace adagrad::checkpoint {

struct saved_parameter {
  parameter_options options;
  saved_schedule learning_rate;
  std::string learning_rate_text;
  std::optional<row_options> rows;
  double owed = 0;
  std::array<const tensor*, content_count> arrays{};  // by content; null: the file has none

  const tensor* array(content what) const noexcept { return arrays[static_cast<std::size_t>(what)]; }
};

struct saved_state {
  std::uint64_t iterations = 0, pending_calls = 0;
  saved_options options;
  std::string learning_rate_text;
  std::map<std::string, saved_parameter, std::less<>> parameters;

  const saved_parameter* find(std::string_view name) const noexcept {
    const auto found = parameters.find(name);
    return found == parameters.end() ? nullptr : &found->second;
  }
};

// Points into the header. Throws checkpoint_error where a string is missing or is none of what belongs there, or an array belongs to no parameter.
saved_state read_state(const header& from);

}  // namespace adagrad::checkpoint
