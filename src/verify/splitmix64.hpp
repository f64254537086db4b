// The generator of all test inputs: the same integers on every machine, from a seed that the code states.
#pragma once

#include <cstdint>

namespace adagrad::verify {

// S. Vigna's splitmix64 (public domain, 2015), after G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators",
// OOPSLA 2014. The k-th number is a function of seed + (k+1) * 0x9e3779b97f4a7c15 alone.
struct splitmix64 {
  std::uint64_t state;

  std::uint64_t operator()() {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
};

}  // namespace adagrad::verify
