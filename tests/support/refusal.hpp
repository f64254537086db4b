// What a call says when it refuses.
#pragma once

#include <initializer_list>
#include <stdexcept>
#include <string>

namespace adagrad::test {

// The message of the std::invalid_argument that the call throws; empty when it throws none.
template <class Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

inline bool holds_all(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts)
    if (text.find(part) == std::string::npos) return false;
  return true;
}

}  // namespace adagrad::test
