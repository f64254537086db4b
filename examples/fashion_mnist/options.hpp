/// The command line.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "models.hpp"
#include "support/training_options.hpp"

namespace fashion {

struct options {
  fashion::model model = models[0];
  std::string data = "/usr/share/datasets/fashion-mnist";
  double decay = 1e-6;
  std::optional<std::size_t> subset;  // empty takes all training images
  example::training_options training{.epochs = 10, .seed = 2};
};

/// Reads the command line; prints the help and leaves the program when asked to. Throws std::invalid_argument, which names the option,
/// its value and what it may be.
options read_options(int argc, char** argv);

}  // namespace fashion
