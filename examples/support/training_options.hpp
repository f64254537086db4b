/// The options that every trainer here has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "arguments.hpp"

namespace example {

struct training_options {
  unsigned epochs;
  std::uint64_t seed;  // of the initial parameters and the order of the examples
  std::size_t batch = 128;
  std::optional<double> learning_rate{};  // empty: each model's own
  std::optional<unsigned> threads{};      // of the optimizer; empty leaves the choice to the library
  std::string isa{};                      // empty leaves the choice to the library
  bool reference = false;                 // the scalar reference in place of the optimizer
  std::string save{}, resume{};           // files; empty for none
};

/// Reads the command line, with the program's own arguments beside these. Throws and prints as arguments::read does.
void read_options(int argc, char** argv, const char* help, training_options& chosen, std::vector<arguments::argument> own);

}  // namespace example
