#include "verify/inputs.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "verify/splitmix64.hpp"

namespace adagrad::verify {
namespace {

template <class T>
using bits_of = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

template <class T>
T special(std::uint64_t z) {
  using limit = std::numeric_limits<T>;
  const T tiny = limit::denorm_min();
  const T list[] = {0, tiny, limit::min() - tiny, limit::min(), 1, limit::max(), limit::infinity(), limit::quiet_NaN()};
  const T x = list[z & 7];
  return (z & 8) != 0 ? -x : x;
}

// A random sign and significand with an exponent in [low, high].
template <class T>
T with_exponent(std::uint64_t z, int low, int high) {
  constexpr int fraction_bits = std::numeric_limits<T>::digits - 1, bias = std::numeric_limits<T>::max_exponent - 1;
  // In doubles the lowest bits of the fraction are those of the exponent: no harm.
  const int exponent = low + static_cast<int>((z & 0xFFF) % static_cast<unsigned>(high - low + 1));
  const auto biased = static_cast<bits_of<T>>(exponent) + static_cast<bits_of<T>>(bias);
  const T size = std::bit_cast<T>(static_cast<bits_of<T>>(biased << fraction_bits | (z << 1) >> (64 - fraction_bits)));
  return z >> 63 != 0 ? -size : size;
}

template <class T>
T value(splitmix64& random, values kind) {
  const std::uint64_t z = random(), choice = random();
  if (kind == values::all) return choice % 8 == 0 ? special<T>(z) : std::bit_cast<T>(static_cast<bits_of<T>>(z));
  if (choice % 16 == 0) return T(0);
  const int far = kind == values::ordinary ? 15 : sizeof(T) == 4 ? 60 : 500;
  return with_exponent<T>(z, -far, far - 8);
}

}  // namespace

const char* name(values kind) {
  static const char* const names[] = {"ordinary", "wide", "all"};
  return names[static_cast<int>(kind)];
}

template <class T>
inputs<T> make_inputs(values kind, std::size_t count) {
  splitmix64 random{static_cast<std::uint64_t>(kind) + 1};
  inputs<T> in;
  in.parameters.resize(count);
  in.accumulators.resize(count);
  for (auto& g : in.gradients) g.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    in.parameters[i] = value<T>(random, kind);
    const T x = value<T>(random, kind);
    in.accumulators[i] = x < 0 ? -x : x;
    // Gradients near the root of the accumulator, too: where they are, both terms of G + g*g count.
    const T root = std::sqrt(in.accumulators[i]);
    for (auto& g : in.gradients) g[i] = random() % 4 == 0 && root > 0 ? root * with_exponent<T>(random(), -3, 3) : value<T>(random, kind);
  }
  return in;
}

template inputs<float> make_inputs<float>(values, std::size_t);
template inputs<double> make_inputs<double>(values, std::size_t);

}  // namespace adagrad::verify
