/// The command line.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "support/training_options.hpp"

namespace sections {

struct options {
  std::string index = "build/package_sections/packages";
  std::vector<std::size_t> dims;                                // a model each; see model_shape
  bool rowwise = false;                                         // one accumulator for a row
  std::size_t limit = std::numeric_limits<std::size_t>::max();  // training texts
  example::training_options training{.epochs = 5, .seed = 1};
};

/// Reads the command line; prints the help and leaves the program when asked to. Throws std::invalid_argument, which names the option,
/// its value and what it may be.
options read_options(int argc, char** argv);

}  // namespace sections
