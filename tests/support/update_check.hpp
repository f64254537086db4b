// Updates of all lengths and offsets, on every instruction set and several threads, against the reference and against the manual's formulas.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "support/bits.hpp"
#include "support/by_hand.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

namespace adagrad::test {

// Around the widths of all vectors, L of 2 to 16: L - 1, L, L + 1, 2L, 3L + 5; around groups of vectors; around tiles; several tiles.
inline constexpr std::size_t lengths[] = {0,  1,  2,  3,  4,  5,  7,  8,   9,   11,  15,  16,   17,   29,   31,   32,
                                          33, 53, 63, 64, 65, 77, 96, 127, 511, 512, 513, 1000, 1023, 1024, 1025, 5000};

// Three steps in a row. One of the tests is for the reference: it must be the formulas too.
template <class T>
void check_update(const update_options& options, std::size_t n, std::size_t offset, std::uint64_t seed, double rate = 0.1) {
  CAPTURE(n);
  CAPTURE(offset);
  auto start = mixed_arrays<T>(n + offset, seed);
  const auto before = start;
  const std::span<T> w(start.parameters.data() + offset, n), G(start.accumulators.data() + offset, n);
  const std::span<const T> g(start.gradients.data() + offset, n);
  std::vector<T> expected_w(w.begin(), w.end()), expected_G(G.begin(), G.end());
  for (unsigned step = 0; step < 3; ++step) {
    update(w, g, G, rate, options, {.threads = 1 + step, .serial_below = 0});
    reference::update(expected_w, g, expected_G, rate, options);
  }
  CHECK(first_difference(std::span<const T>(w), std::span<const T>(expected_w)) == n);
  CHECK(first_difference(std::span<const T>(G), std::span<const T>(expected_G)) == n);
  CHECK(first_difference(start.gradients, before.gradients) == n + offset);  // only read
  for (std::size_t i = 0; i < offset; ++i) {
    CHECK(same(start.parameters[i], before.parameters[i]));
    CHECK(same(start.accumulators[i], before.accumulators[i]));
  }
}

template <class T>
void check_formulas(const update_options& options, arrays<T> data, double rate) {
  auto expected = data, scalar = data;
  for (int step = 0; step < 2; ++step) {
    update(data.parameters, data.gradients, data.accumulators, rate, options);
    reference::update(scalar.parameters, scalar.gradients, scalar.accumulators, rate, options);
    step_by_hand(expected, rate, options);
  }
  const std::size_t n = data.parameters.size();
  CHECK(first_difference(data.parameters, expected.parameters) == n);
  CHECK(first_difference(data.accumulators, expected.accumulators) == n);
  CHECK(first_difference(scalar.parameters, expected.parameters) == n);
  CHECK(first_difference(scalar.accumulators, expected.accumulators) == n);
}

// That each of the options, against those it stands beside, changes every element on every path.
template <class T>
void check_does_something(const update_options& with, const update_options& without) {
  for_each_isa([&](const std::string&) {
    for (const auto mode : {arithmetic::exact, arithmetic::fast})
      for (const std::size_t n : {std::size_t(1), std::size_t(16), std::size_t(5000)}) {
        CAPTURE(int(mode));
        CAPTURE(n);
        arrays<T> a{std::vector<T>(n, T(2)), std::vector<T>(n, T(0.9)), std::vector<T>(n, T(0.5))}, b = a;
        auto on = with, off = without;
        on.mode = off.mode = mode;
        // Twice: what only accumulators see shows in the second step at the latest.
        for (int step = 0; step < 2; ++step) {
          update(a.parameters, a.gradients, a.accumulators, 0.1, on);
          update(b.parameters, b.gradients, b.accumulators, 0.1, off);
        }
        std::size_t changed = 0;
        for (std::size_t i = 0; i < n; ++i) changed += a.parameters[i] != b.parameters[i] || a.accumulators[i] != b.accumulators[i];
        CHECK(changed == n);
      }
  });
}

}  // namespace adagrad::test
