// Comparison by bits: equal bits, or both NaN (whose sign and payload are unspecified).
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace adagrad::test {

template <class T>
using bits_of = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

template <class T>
bits_of<T> bits(T x) {
  return std::bit_cast<bits_of<T>>(x);
}

template <class T>
bool same(T a, T b) {
  return bits(a) == bits(b) || (std::isnan(a) && std::isnan(b));
}

// The first index at which a and b differ; a.size() where they are the same.
template <class T>
std::size_t first_difference(std::span<const T> a, std::span<const T> b) {
  std::size_t i = 0;
  while (i < a.size() && same(a[i], b[i])) ++i;
  return i;
}
template <class Container>
std::size_t first_difference(const Container& a, const Container& b) {
  using T = typename Container::value_type;
  return first_difference(std::span<const T>(a), std::span<const T>(b));
}

// Distance in units of the last place: the number of values from a to b; the two zeros are one. Finite values only.
template <class T>
bits_of<T> ulps_between(T a, T b) {
  constexpr bits_of<T> sign = bits_of<T>(1) << (8 * sizeof(T) - 1);
  const auto ordered = [](T x) { return bits(x) & sign ? sign - (bits(x) & ~sign) : sign + bits(x); };
  return ordered(a) > ordered(b) ? ordered(a) - ordered(b) : ordered(b) - ordered(a);
}

}  // namespace adagrad::test
