/// The command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace fashion {

struct options {
  std::string data = "/usr/share/datasets/fashion-mnist";
  unsigned epochs = 10;
  std::size_t batch = 128;
  double learning_rate = 0.05;
  double decay = 1e-6;
  std::uint64_t seed = 2;             // of the images' order
  std::optional<unsigned> threads;    // of the update; empty leaves the choice to the library
  bool reference = false;             // the scalar reference in place of the library's update
  std::string isa;                    // empty leaves the choice to the library
  std::optional<std::size_t> subset;  // empty takes all training images
};

/// Reads the command line; prints the help and leaves the program when asked to. Throws std::invalid_argument, which names the option,
/// its value and what it may be.
options read_options(int argc, char** argv);

}  // namespace fashion
