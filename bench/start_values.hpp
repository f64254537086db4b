// What arrays hold when a row starts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace adagrad::bench {

// `half_zeros`: a random half of the elements has never had a gradient, g = G = 0 exactly.
enum class contents { plain, half_zeros };

inline constexpr double start_accumulator = 0.1;

template <class T>
struct start_values {
  T parameter, gradient, accumulator;
};

// splitmix64: 64 random bits that depend on the index alone.
constexpr std::uint64_t random_bits(std::uint64_t index) {
  std::uint64_t z = (index + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

// Those of one element: the same whenever it is asked for.
template <class T>
constexpr start_values<T> start_of(std::size_t index, contents what) {
  const std::uint64_t bits = random_bits(index);
  const bool zero = what == contents::half_zeros && (bits & 1) != 0;
  // 0.5e-3 to 1.5e-3 with either sign: every square is a normal number, and no sum leaves the normal range in 1e9 steps.
  const T magnitude = T(0.5e-3) + T(1e-3) * T(0x1p-32) * static_cast<T>(bits >> 32);
  return {T(0.5), zero ? T(0) : (bits & 2) != 0 ? magnitude : -magnitude, zero ? T(0) : T(start_accumulator)};
}

}  // namespace adagrad::bench
