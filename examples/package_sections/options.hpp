/// The command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace sections {

struct options {
  std::string index = "build/package_sections/packages";
  std::vector<std::size_t> dims;  // a model each; see model_shape
  unsigned epochs = 5;
  std::size_t batch = 128;
  std::optional<double> learning_rate;                          // empty: each model's own
  bool rowwise = false;                                         // one accumulator for a row
  std::uint64_t seed = 1;                                       // of the initial parameters and the texts' order
  std::optional<unsigned> threads;                              // of the optimizer; empty leaves the choice to the library
  std::string isa;                                              // empty leaves the choice to the library
  bool reference = false;                                       // the scalar reference in place of the optimizer
  std::size_t limit = std::numeric_limits<std::size_t>::max();  // training texts
};

/// Reads the command line; prints the help and leaves the program when asked to. Throws std::invalid_argument, which names the option,
/// its value and what it may be.
options read_options(int argc, char** argv);

}  // namespace sections
