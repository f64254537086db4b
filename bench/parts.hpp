// Splits work over threads as adagrad::update does, so that traffic rows and first touches meet the same threads in the same places.
#pragma once

#include <cstddef>

#include "parallel/region.hpp"

namespace adagrad::bench {

// Parts of an update are whole blocks of this many elements.
inline constexpr std::size_t block = 1024;

constexpr std::size_t blocks(std::size_t count) { return (count + block - 1) / block; }

// Calls body(begin, end) for each of `threads` parts of `count` elements; returns how many threads ran. The body must not throw.
template <class Body>
unsigned in_parts(std::size_t count, unsigned threads, const Body& body) {
  struct work {
    std::size_t count, parts;
    const Body& body;
  } w{count, threads, body};
  const auto run_part = [](void* context, std::size_t index) {
    const work& self = *static_cast<const work*>(context);
    const auto [begin, end] = parallel::part(self.count, self.parts, index, block);
    self.body(begin, end);
  };
  return parallel::run({.threads = threads}, threads, run_part, &w);
}

}  // namespace adagrad::bench
