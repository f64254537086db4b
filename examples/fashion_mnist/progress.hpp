/// Shows on a terminal how far the training is.
#pragma once

#include <cstddef>

#include "stopwatch.hpp"

namespace fashion {

/// One line that is written over again and again; nothing where the output is not a terminal.
class progress {
 public:
  progress(unsigned epochs, std::size_t images_an_epoch);

  /// So many more images are done.
  void advance(std::size_t images);

  /// Takes the line away, so that something else can be printed.
  void clear();

 private:
  bool terminal_;
  unsigned epochs_;
  std::size_t images_an_epoch_;
  std::size_t done_ = 0;  // images, of all epochs
  stopwatch time_, since_shown_;
  bool shown_ = false;
};

}  // namespace fashion
