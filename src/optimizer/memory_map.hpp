// Who owns which memory: finds out whether an array that is written overlaps any other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "validate/overlap.hpp"

namespace adagrad {

enum class array_role : unsigned char { parameters, gradients, accumulators, gradient_sums, averages, pending_gradients };

// The bytes of one array of one parameter.
struct memory_range : validate::byte_range {
  std::size_t parameter;
  array_role role;
};

// The ranges that are written, by address; they overlap nothing.
class memory_map {
 public:
  void reserve(std::size_t ranges) { ranges_.reserve(ranges); }
  void clear() noexcept { ranges_.clear(); }
  // One that overlaps `range`, or null.
  const memory_range* find(const memory_range& range) const noexcept;
  // Adds a range that overlaps none of them; does not allocate within what was reserved. Empty ranges are left out.
  void insert(const memory_range& range);
  // For many at once: push them in any order, then sort, which returns the first that overlaps its predecessor, or null.
  void push(const memory_range& range);
  const memory_range* sort() noexcept;

 private:
  std::vector<memory_range> ranges_;
};

}  // namespace adagrad
