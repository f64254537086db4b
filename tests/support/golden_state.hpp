// All that a checkpoint holds, as lines of text: counters, and a hash of each array.
#pragma once

#include <string>

#include "support/opened_file.hpp"
#include "verify/sha256.hpp"

namespace adagrad::test {

inline std::string golden_state(const std::string& name, const std::string& file) {
  const opened_file opened = open_file(file);
  std::string lines = name + " iterations " + opened.metadata.at(checkpoint::key::iterations) + " pending_calls " +
                      opened.metadata.at(checkpoint::key::pending_calls) + "\n";
  for (const opened_tensor& t : opened.tensors) {
    verify::sha256 sum;
    sum.add(t.bytes.data(), t.bytes.size());
    lines += name + " " + checkpoint::name(t.type) + " " + checkpoint::shape_text(t.shape) + " " + t.name + " " + sum.hex() + "\n";
  }
  return lines;
}

}  // namespace adagrad::test
