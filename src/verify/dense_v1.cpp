// The script dense-v1: 1,000 steps of the dense update with a decaying rate, over float and double, for the four rules. FROZEN: its
// constant is printed in places this code cannot reach. tests/golden/dense_v1.py is the same in numpy.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "adagrad/schedule.hpp"
#include "verify/scripts.hpp"
#include "verify/sha256.hpp"
#include "verify/splitmix64.hpp"

namespace adagrad::verify {
namespace {

static_assert(std::endian::native == std::endian::little, "the hash is over little-endian bytes");

constexpr double learning_rate = 0.05, decay = 0.003;
constexpr unsigned steps = 1000;

// No length is a multiple of a lane count. The longest is split over three threads (the library splits at multiples of 1,024), the
// others stay whole: on a busy machine, entering a parallel region is what takes the time.
struct rule {
  std::size_t floats, doubles;
  epsilon_place place;
  accumulator_use use;
  double epsilon;
};
constexpr rule rules[] = {
    {2051, 1003, epsilon_place::outside_root, accumulator_use::after, 1e-8},
    {1003, 515, epsilon_place::inside_root, accumulator_use::after, 1e-7},
    {515, 251, epsilon_place::outside_root, accumulator_use::before, 0},  // with accumulators of 0: a zero denominator moves nothing
    {251, 131, epsilon_place::inside_root, accumulator_use::before, 1e-12},
};

// Every element has gradients of a magnitude of its own, 2^exponent at most: three in four near 1, the others over nearly all exponents
// whose squares neither vanish nor, summed over the run, overflow.
template <class T>
int magnitude(std::uint64_t z) {
  constexpr int lowest = sizeof(T) == 4 ? -66 : -515;
  constexpr unsigned range = sizeof(T) == 4 ? 117 : 1011;
  const auto low = static_cast<std::uint32_t>(z);
  return z >> 62 == 0 ? lowest + static_cast<int>(low % range) : static_cast<int>(low % 64) - 40;
}

// A signed integer of up to as many bits as T's significand, so that T(integer) and its product with a power of two are exact. One
// in 16 is 0.
template <class T>
std::int64_t integer(std::uint64_t z) {
  constexpr int digits = std::numeric_limits<T>::digits;
  const auto size = static_cast<std::int64_t>(((z << 1) >> (64 - digits)) >> (z & 7));
  return ((z >> 3) & 15) == 0 ? 0 : z >> 63 != 0 ? -size : size;
}

template <class T>
void run_rule(const subject& who, const rule& r, std::uint64_t seed, sha256& hash) {
  constexpr int digits = std::numeric_limits<T>::digits;
  const std::size_t count = sizeof(T) == 4 ? r.floats : r.doubles;
  splitmix64 random{seed};
  std::vector<int> exponents(count);
  std::vector<T> scales(count), parameters(count), gradients(count), accumulators(count);
  for (int& e : exponents) e = magnitude<T>(random());
  for (std::size_t i = 0; i < count; ++i) scales[i] = std::ldexp(T(1), exponents[i] - digits);
  for (T& w : parameters) {
    const std::uint64_t z = random();
    w = std::ldexp(static_cast<T>(integer<T>(z)), 2 - digits - 4 * static_cast<int>((z >> 7) & 7));
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t z = random();
    accumulators[i] = z >> 62 == 0 ? T(0) : std::ldexp(static_cast<T>(1 + (z & 255)), 2 * exponents[i] - 8);
  }
  const update_options options{.epsilon = r.epsilon, .epsilon_placement = r.place, .accumulator_used = r.use};
  for (unsigned it = 0; it < steps; ++it) {
    for (std::size_t i = 0; i < count; ++i) gradients[i] = static_cast<T>(integer<T>(random())) * scales[i];
    who.update<T>(parameters, gradients, accumulators, inverse_time{learning_rate, decay}(it), options);
  }
  hash.add(parameters.data(), parameters.size() * sizeof(T));
  hash.add(accumulators.data(), accumulators.size() * sizeof(T));
}

}  // namespace

std::string dense_v1(const subject& who) {
  sha256 hash;
  std::uint64_t seed = 0;
  for (const rule& r : rules) run_rule<float>(who, r, ++seed, hash);
  for (const rule& r : rules) run_rule<double>(who, r, ++seed, hash);
  return hash.hex();
}

}  // namespace adagrad::verify
