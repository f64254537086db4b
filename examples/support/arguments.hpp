/// Reads the command line; std::invalid_argument names the option, its value and what it may be.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace example::arguments {

[[noreturn]] void refuse(const char* option, std::string_view value, const std::string& allowed);

/// From 1 to `largest`.
unsigned read_count(const char* option, std::string_view text, unsigned largest);
std::uint64_t read_seed(const char* option, std::string_view text);
double read_rate(const char* option, std::string_view text);

struct argument {
  const char* name;
  std::function<void(const char* value)> take;
  bool has_value = true;
};

/// Hands each argument of the command line to the one of that name; prints the help and leaves the program when asked to.
void read(int argc, char** argv, const char* help, const std::vector<argument>& known);

}  // namespace example::arguments
