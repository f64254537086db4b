// Test data from fixed seeds: values over all exponents, with zeros of both signs, infinities, NaN and subnormals.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "bits.hpp"

namespace adagrad::test {

// splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
class random_bits {
 public:
  explicit random_bits(std::uint64_t seed) : state_(seed) {}
  std::uint64_t operator()() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  // Uniform in [0, 1).
  double uniform() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }
  double between(double low, double high) { return low + (high - low) * uniform(); }

 private:
  std::uint64_t state_;
};

// Any bit pattern at all; every eighth value is one of the special ones.
template <class T>
T any_value(random_bits& random) {
  using limits = std::numeric_limits<T>;
  const T specials[] = {T(0),
                        -T(0),
                        limits::infinity(),
                        -limits::infinity(),
                        limits::quiet_NaN(),
                        limits::denorm_min(),
                        -limits::denorm_min(),
                        limits::min(),
                        limits::max(),
                        limits::lowest(),
                        T(1),
                        limits::min() - limits::denorm_min()};
  const std::uint64_t r = random();
  if (r % 8 == 0) return specials[(r >> 8) % std::size(specials)];
  return std::bit_cast<T>(static_cast<bits_of<T>>(random()));
}

// A value such as training meets: either sign, magnitude 2^-20 to 2^4.
template <class T>
T usual_value(random_bits& random) {
  const double magnitude = std::exp2(random.between(-20, 4));
  return static_cast<T>(random() % 2 ? magnitude : -magnitude);
}

template <class T>
struct arrays {
  std::vector<T> parameters, gradients, accumulators;
};

// Half of the elements are usual, half anything. Accumulators may be negative, infinite or NaN: bits are promised for those too. Every eleventh
// is minus one of the tests' epsilons with a gradient that leaves it there, so that epsilon inside the root makes H zero.
template <class T>
arrays<T> mixed_arrays(std::size_t count, std::uint64_t seed) {
  random_bits random(seed);
  arrays<T> a;
  for (std::size_t i = 0; i < count; ++i) {
    const bool usual = random() % 2;
    a.parameters.push_back(usual ? usual_value<T>(random) : any_value<T>(random));
    a.gradients.push_back(usual ? usual_value<T>(random) : any_value<T>(random));
    a.accumulators.push_back(usual ? std::abs(usual_value<T>(random)) : any_value<T>(random));
    if (i % 11 == 3) {
      a.parameters.back() = usual_value<T>(random);
      a.gradients.back() = random() % 2 ? T(0x1p-60) : T(0);
      a.accumulators.back() = -T(random() % 2 ? 1e-8 : 0.1);
    }
  }
  return a;
}

// What training has: finite, accumulators >= 0, every seventh gradient and accumulator exactly 0.
template <class T>
arrays<T> usual_arrays(std::size_t count, std::uint64_t seed) {
  random_bits random(seed);
  arrays<T> a;
  for (std::size_t i = 0; i < count; ++i) {
    a.parameters.push_back(usual_value<T>(random));
    a.gradients.push_back(i % 7 == 0 ? T(0) : usual_value<T>(random));
    a.accumulators.push_back(i % 7 == 0 ? T(0) : std::abs(usual_value<T>(random)));
  }
  return a;
}

}  // namespace adagrad::test
