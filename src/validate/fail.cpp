#include "validate/fail.hpp"

#include <charconv>
#include <stdexcept>

namespace adagrad::validate {

void fail(const std::string* parameter, const std::string& what) {
  throw std::invalid_argument("adagrad: " + (parameter ? "parameter \"" + *parameter + "\": " : std::string()) + what);
}

std::string text(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

}  // namespace adagrad::validate
