/// Reads the values of options from the command line; std::invalid_argument names the option, its value and what it may be.
#pragma once

#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>

namespace example::arguments {

[[noreturn]] inline void refuse(const char* option, std::string_view value, const std::string& allowed) {
  throw std::invalid_argument(std::string("--") + option + ": '" + std::string(value) + "' is not " + allowed);
}

/// The whole text must be the number: "10x" is a mistake, not 10.
template <class Number>
bool parse(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc{} && result.ptr == end;
}

inline unsigned read_count(const char* option, std::string_view text, unsigned largest) {
  unsigned count = 0;
  if (!parse(text, count) || count == 0 || count > largest) {
    refuse(option, text, "a whole number from 1 to " + std::to_string(largest));
  }
  return count;
}

inline double read_rate(const char* option, std::string_view text) {
  double rate = 0;
  if (!parse(text, rate) || !std::isfinite(rate) || rate < 0) {
    refuse(option, text, "a number, 0 or greater, such as 0.05 or 1e-6");
  }
  return rate;
}

}  // namespace example::arguments
