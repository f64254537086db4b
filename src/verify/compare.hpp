// Compares the library, with the instruction set in force, with the scalar reference.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace adagrad::verify {

// Largest distance of a `fast` update from the exact one that adagrad/options.hpp promises, in units in the last place.
template <class T>
inline constexpr std::uint64_t fast_bound = sizeof(T) == 4 ? 6 : 8;

struct outcome {
  std::uint64_t elements = 0;     // updates compared
  std::uint64_t differing = 0;    // exact: parameters or accumulators that differ (both NaN is equal)
  std::uint64_t largest_ulp = 0;  // fast: over the updates for which the bound is promised
  std::uint64_t broken = 0;       // fast: elements that break a promise of arithmetic::fast
  std::string first_failure;      // where, with what inputs; empty when all is well

  bool good() const { return differing == 0 && broken == 0; }
};

// Every rule x several epsilons x kind of values x size x offset, three steps in a row, exact and fast, with the first thread
// count; with the others the longest array, of one kind of values.
template <class T>
outcome compare_with_reference(std::span<const unsigned> thread_counts);

}  // namespace adagrad::verify
