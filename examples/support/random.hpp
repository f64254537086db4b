/// Random numbers that are the same on every machine; the standard library's distributions and shuffle differ from one library to the next.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace example {

/// splitmix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
class splitmix64 {
 public:
  explicit splitmix64(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  /// From [-bound, bound), evenly.
  double uniform(double bound) noexcept {
    const double unit = static_cast<double>(bits() >> 11) * 0x1p-53;  // [0, 1), exact
    return bound * (2 * unit - 1);
  }

 private:
  std::uint64_t state_;
};

/// Each from [-bound, bound), evenly.
inline void draw(std::span<float> values, double bound, splitmix64& random) {
  std::generate(values.begin(), values.end(), [&] { return static_cast<float>(random.uniform(bound)); });
}

/// Fisher-Yates.
inline void shuffle(std::span<std::uint32_t> order, splitmix64& random) {
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random.bits() % i]);  // the remainder's bias is below 2^-40
  }
}

}  // namespace example
