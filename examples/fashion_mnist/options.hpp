/// The command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "models.hpp"

namespace fashion {

struct options {
  fashion::model model = models[0];
  std::string data = "/usr/share/datasets/fashion-mnist";
  unsigned epochs = 10;
  std::size_t batch = 128;
  double learning_rate = 0;  // read_options puts the model's in where none is given
  double decay = 1e-6;
  std::uint64_t seed = 2;             // of the initial weights and the images' order
  std::optional<unsigned> threads;    // of the optimizer; empty leaves the choice to the library
  bool reference = false;             // the scalar reference in place of the optimizer
  std::string isa;                    // empty leaves the choice to the library
  std::optional<std::size_t> subset;  // empty takes all training images
};

/// Reads the command line; prints the help and leaves the program when asked to. Throws std::invalid_argument, which names the option,
/// its value and what it may be.
options read_options(int argc, char** argv);

}  // namespace fashion
