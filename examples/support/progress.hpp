/// Shows on a terminal how far the training is.
#pragma once

#include <cstddef>

#include "stopwatch.hpp"

namespace example {

/// One line that is written over again and again; nothing where the output is not a terminal.
class progress {
 public:
  /// `items` is what they are called.
  progress(unsigned epochs, std::size_t items_an_epoch, const char* items);

  /// So many more items are done.
  void advance(std::size_t items);

  /// Takes the line away, so that something else can be printed.
  void clear();

 private:
  bool terminal_;
  unsigned epochs_;
  std::size_t items_an_epoch_;
  const char* items_;
  std::size_t done_ = 0;  // items, of all epochs
  stopwatch time_, since_shown_;
  bool shown_ = false;
};

}  // namespace example
