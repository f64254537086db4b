// Norms in the library's order and constraints on them, written from the manual alone.
#pragma once

#include <cmath>
#include <map>
#include <vector>

#include "adagrad/adagrad.hpp"

namespace adagrad::test {

// Tiles of 4,096 elements, 16 lanes, lanes added 8 apart, then 4, 2, 1.
inline double sum_of_tiles(const std::vector<double>& x) {
  double sum = 0;
  for (std::size_t first = 0; first < x.size(); first += 4096) {
    std::vector<double> lane(16, 0.0);
    for (std::size_t i = first; i < x.size() && i < first + 4096; ++i) lane[(i - first) % 16] += x[i] * x[i];
    while (lane.size() > 1) {
      std::vector<double> half(lane.size() / 2);
      for (std::size_t l = 0; l < half.size(); ++l) half[l] = lane[l] + lane[l + half.size()];
      lane = half;
    }
    sum += lane[0];
  }
  return sum;
}

template <class T>
double sum_by_hand(const std::vector<T>& x) {
  return sum_of_tiles(std::vector<double>(x.begin(), x.end()));
}

template <class T>
double norm_by_hand(const std::vector<T>& x) {
  const double sum = sum_by_hand(x);
  if (sum == 0 || std::isnan(sum) || (sum >= 0x1p-900 && sum <= 0x1p1000)) return std::sqrt(sum);
  double largest = 0;
  for (const T value : x)
    if (std::fabs(static_cast<double>(value)) > largest) largest = std::fabs(static_cast<double>(value));
  if (std::isinf(largest)) return largest;
  int exponent = 0;
  std::frexp(largest, &exponent);  // in [1/2, 1) times 2^exponent
  std::vector<double> scaled;
  for (const T value : x) scaled.push_back(std::scalbn(static_cast<double>(value), 1 - exponent));
  return std::scalbn(std::sqrt(sum_of_tiles(scaled)), exponent - 1);
}

template <class T>
T constrained_by_hand(T w, T n, const parameter_constraint& c, T f) {
  if (n + f == 0) return w;
  const T lower = static_cast<T>(c.lower), upper = static_cast<T>(c.upper), rate = static_cast<T>(c.rate),
          rest = static_cast<T>(1 - c.rate);
  if (c.kind == constraint_kind::unit_norm) return w / (f + n);
  if (c.kind == constraint_kind::max_norm) return w * ((n > upper ? upper : n) / (f + n));
  const T clamped = n < lower ? lower : n > upper ? upper : n;
  return w * (((rate * clamped) + (rest * n)) / (f + n));
}

// Elements are in one group when they agree in all coordinates along axes that are not reduced; the order within it is that of memory.
template <class T>
void constrain_by_hand(std::vector<T>& w, const std::vector<std::size_t>& shape, const std::vector<bool>& reduced,
                       const parameter_constraint& c, double fuzz) {
  std::map<std::vector<std::size_t>, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < w.size(); ++i) {
    std::vector<std::size_t> place;
    std::size_t rest = i;
    for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
      if (!reduced[axis]) place.push_back(rest % shape[axis]);
    groups[place].push_back(i);
  }
  for (const auto& [place, members] : groups) {
    std::vector<T> elements;
    for (const std::size_t i : members) elements.push_back(w[i]);
    const T n = static_cast<T>(norm_by_hand(elements));
    for (const std::size_t i : members) w[i] = constrained_by_hand(w[i], n, c, static_cast<T>(fuzz));
  }
}

}  // namespace adagrad::test
