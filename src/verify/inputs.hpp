// The inputs of the comparisons: deterministic, over all magnitudes, with the values that break implementations.
#pragma once

#include <cstddef>
#include <vector>

namespace adagrad::verify {

inline constexpr unsigned steps_in_a_row = 3;

enum class values {
  ordinary,  // of the size that training has, some zeros; every quick way holds
  wide,      // all exponents whose squares are normal numbers
  all,       // all bit patterns, and often 0, -0, infinity, NaN, subnormals and the limits
};
inline constexpr values all_values[] = {values::ordinary, values::wide, values::all};

const char* name(values kind);

// Element i is the same whatever the length, so one long reference run is the expectation for every shorter array.
template <class T>
struct inputs {
  std::vector<T> parameters, accumulators;  // accumulators are never below 0; they may be -0, infinite, NaN
  std::vector<T> gradients[steps_in_a_row];
};

template <class T>
inputs<T> make_inputs(values kind, std::size_t count);

}  // namespace adagrad::verify
