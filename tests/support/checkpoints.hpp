// Saving and loading in memory, and what a call says when it fails.
#pragma once

#include <sstream>
#include <string>

#include "adagrad/checkpoint.hpp"

namespace adagrad::test {

inline constexpr std::uint64_t first_memory = 1, other_memory = 2;  // what arrays of a trained_model begin with

inline std::string saved(optimizer& from) {
  std::ostringstream out;
  save(from, out);
  return out.str();
}

inline load_report load_text(optimizer& to, const std::string& text, const load_options& how = {}) {
  std::istringstream in(text);
  return load(to, in, how);
}

// The message of the exception that the call throws, if it is this one; empty when it throws none.
template <class Exception = checkpoint_error, class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace adagrad::test
