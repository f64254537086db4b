// Sums of squares and norms in their fixed order: the reference against an order written anew, the kernels of every instruction set, numbers whose squares
// leave the range, factors of clipping, moving averages.
#include <algorithm>
#include <limits>
#include <utility>

#include "dispatch/registry.hpp"
#include "kernels/table.hpp"
#include "support/bits.hpp"
#include "support/norms_by_hand.hpp"
#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t counts[] = {0,   1,   2,   7,    8,    15,   16,   17,   31,   32,   33,   64,   100,  255,  256,
                                  257, 511, 513, 1000, 1024, 1025, 4095, 4096, 4097, 4112, 5000, 8191, 8192, 8193, 20000};

template <class T>
std::vector<T> usual_values(std::size_t n, std::uint64_t seed, double scale = 1) {
  random_bits random(seed);
  std::vector<T> x(n);
  for (T& value : x) value = static_cast<T>(static_cast<double>(usual_value<T>(random)) * scale);
  return x;
}

template <class T>
double norm_of(const std::vector<T>& x) {
  return reference::norm(std::span<const T>(x));
}

template <class T>
double sum_of(const std::vector<T>& x) {
  return reference::sum_of_squares(std::span<const T>(x));
}

}  // namespace

TEST_CASE_TEMPLATE("sums of squares and norms are in the order that is written down", T, float, double) {
  int differing = 0;
  for (const std::size_t n : counts) {
    CAPTURE(n);
    const auto x = usual_values<T>(n, 601 + n);
    CHECK(same(sum_of(x), sum_by_hand(x)));
    CHECK(same(norm_of(x), std::sqrt(sum_by_hand(x))));
    auto backwards = x;
    std::ranges::reverse(backwards);
    CHECK(sum_of(backwards) == doctest::Approx(sum_of(x)).epsilon(1e-12));
    differing += sum_of(backwards) != sum_of(x);
  }
  CHECK(differing > 0);  // the order can be seen at all
}

// 2^53 swallows a 1 that is added to it: which numbers meet before they meet it decides the sum.
TEST_CASE("the order of a sum, worked out by hand") {
  const double big = 0x1p27;  // its square is 2^54: 1 and 2 are lost beside it, 4 is not
  const auto sum = [&](std::size_t big_at, std::initializer_list<std::size_t> ones) {
    std::vector<double> x(8192, 0.0);
    x[big_at] = big;
    for (const std::size_t i : ones) x[i] = 1;
    return sum_of(x) - big * big;
  };
  CHECK(sum(0, {16}) == 0);                             // the same lane
  CHECK(sum(0, {16, 32, 48, 64}) == 0);                 // one after the other
  CHECK(sum(0, {1, 17, 33, 49}) == 4);                  // another lane: together before they meet it
  CHECK(sum(0, {8, 24, 40, 56}) == 4);                  // lane 8 is added to lane 0, as a whole
  CHECK(sum(0, {8, 4, 2, 1}) == 0);                     // each comes by itself
  CHECK(sum(0, {1, 9, 5, 13}) == 4);                    // 1 + 9, 5 + 13, then those two
  CHECK(sum(0, {4096, 4097, 4098, 4099}) == 4);         // another tile
  CHECK(sum(4096, {0, 1, 2, 3}) == 4);                  // and the other way round
  CHECK(sum(4095, {0, 16, 4096 + 7, 4096 + 15}) == 0);  // two of its tile and two of the next: never together
}

TEST_CASE("norms of doubles whose squares leave the range are formed again, scaled by a power of two") {
  for (const double scale : {1e200, 1e300, 1e-150, 1e-155, 1e-160, 1e145, 1e155})
    for (const std::size_t n : {1, 5, 16, 100, 4097}) {
      CAPTURE(scale);
      CAPTURE(n);
      auto x = usual_values<double>(n, 607, scale);
      CHECK(same(norm_of(x), norm_by_hand(x)));
      // A few larger, a few smaller, a few subnormal ones among them.
      for (std::size_t i = 0; i < n; i += 3) x[i] *= 1e-7;
      for (std::size_t i = 1; i < n; i += 7) x[i] = 5e-324 * static_cast<double>(i);
      CHECK(same(norm_of(x), norm_by_hand(x)));
    }
  CHECK(norm_of<double>({3e200, 4e200}) == doctest::Approx(5e200).epsilon(1e-15));
  CHECK(norm_of<double>({3e-160, -4e-160}) == doctest::Approx(5e-160).epsilon(1e-15));
  CHECK(norm_of<double>({1e-200, 3e-160, 4e-160}) == doctest::Approx(5e-160).epsilon(1e-15));
  CHECK(norm_of<double>({1e-200, 1e200}) == 1e200);
  CHECK(std::isinf(norm_of<double>({1.5e308, 1.5e308})));
  CHECK(norm_of<double>({5e-324, -1e-200}) == 0);  // a sum of exactly 0 is not formed again
  CHECK(norm_of<double>({}) == 0);
  CHECK(norm_of<float>({std::numeric_limits<float>::denorm_min()}) == 0x1p-149);
  CHECK(norm_of<float>({std::numeric_limits<float>::max(), 0}) == std::numeric_limits<float>::max());
  for (const std::size_t n : {3, 17, 5000}) {
    std::vector<double> x(n, 1e200);
    x[n / 2] = -infinity;
    CHECK(norm_of(x) == infinity);
    x[n - 1] = nan_value;
    CHECK(std::isnan(norm_of(x)));
    x[n / 2] = 0;
    CHECK(std::isnan(norm_of(x)));
  }
}

TEST_CASE("a power of two carries over to the norm, inside the range and outside of it") {
  const auto x = usual_values<double>(5000, 613);
  const double norm = norm_of(x);
  for (int k = -530; k <= 1000; k += 5) {
    CAPTURE(k);
    auto scaled = x;
    for (double& value : scaled) value = std::ldexp(value, k);
    CHECK(norm_of(scaled) == std::ldexp(norm, k));
  }
}

TEST_CASE_TEMPLATE("the kernels add squares to the lanes that are theirs", T, float, double) {
  for_each_isa([&](const std::string&) {
    const auto& kernels = kernels::of_type<T>(dispatch::active());
    for (const std::size_t n : counts)
      for (std::size_t offset = 0; offset < (n < 300 ? 4 : 1); ++offset) {
        CAPTURE(n);
        CAPTURE(offset);
        auto memory = usual_values<T>(n + offset, 617);
        if (n > 40) memory[offset + 35] = std::numeric_limits<T>::infinity();
        const T* const x = memory.data() + offset;
        std::vector<double> lanes = usual_values<double>(16, 619), expected = lanes;
        for (std::size_t i = 0; i < n; ++i) expected[i % 16] = expected[i % 16] + static_cast<double>(x[i]) * static_cast<double>(x[i]);
        kernels.add_squares(x, n, lanes.data());
        CHECK(first_difference(lanes, expected) == 16);

        auto sums = usual_values<double>(n, 621), expected_sums = sums;
        for (std::size_t i = 0; i < n; ++i) expected_sums[i] = expected_sums[i] + static_cast<double>(x[i]) * static_cast<double>(x[i]);
        kernels.add_squares_apart(x, n, sums.data());
        CHECK(first_difference(sums, expected_sums) == n);
      }
  });
}

TEST_CASE_TEMPLATE("the kernels count what is not finite, wherever it stands", T, float, double) {
  using limits = std::numeric_limits<T>;
  for_each_isa([&](const std::string&) {
    const auto count = [](const T* x, std::size_t n) {
      std::size_t found = 999;
      kernels::of_type<T>(dispatch::active()).count_non_finite(x, n, &found);
      return found;
    };
    for (const std::size_t n : counts) {
      if (n > 1100) continue;
      CAPTURE(n);
      auto x = usual_values<T>(n, 623);
      if (n > 2) x[0] = limits::max(), x[1] = limits::lowest(), x[2] = limits::denorm_min();
      CHECK(count(x.data(), n) == 0);
      for (std::size_t i = 0; i < n; i += thin ? 5 : 1)
        for (const T bad : {limits::infinity(), -limits::infinity(), limits::quiet_NaN()}) {
          const T kept = std::exchange(x[i], bad);
          REQUIRE(count(x.data(), n) == 1);
          REQUIRE(count(x.data(), i) == 0);
          x[i] = kept;
        }
      std::ranges::fill(x, limits::infinity());
      CHECK(count(x.data(), n) == n);
      if (n > 3) x[1] = T(0), x[n - 1] = limits::quiet_NaN();
      CHECK(count(x.data(), n) == n - (n > 3));
    }
  });
}

TEST_CASE("factors of clipping by norms") {
  using reference::clip_factor;
  CHECK(clip_factor(4, 1) == 0.25);
  CHECK(clip_factor(3, 1) == 1.0 / 3);
  CHECK(clip_factor(1, 1) == 1);
  CHECK(clip_factor(0.5, 1) == 1);
  CHECK(clip_factor(0, 1) == 1);
  CHECK(clip_factor(1 + 0x1p-52, 1) == 1 / (1 + 0x1p-52));
  CHECK(clip_factor(4, 1, clip_form::guarded) == 1 / (4 + 1e-6));
  CHECK(clip_factor(1, 1, clip_form::guarded) == 1 / (1 + 1e-6));  // a little even at the norm itself
  CHECK(clip_factor(0.5, 1, clip_form::guarded) == 1);
  CHECK(clip_factor(0, 1, clip_form::guarded) == 1);
  for (const auto form : {clip_form::above_only, clip_form::guarded})
    for (const double bad : {infinity, nan_value}) CHECK(std::isnan(clip_factor(bad, 1, form)));
  CHECK(clip_factor(4, infinity) == 1);
}

TEST_CASE_TEMPLATE("moving averages: the first is the parameter, then both factors are rounded once", T, float, double) {
  const auto w = usual_values<T>(100, 627);
  const auto start = usual_values<T>(100, 629);
  for (const double momentum : {0.0, 0.1, 0.99, 1.0}) {
    auto averages = start, expected = start;
    const T m = static_cast<T>(momentum), rest = T(1) - m;
    for (std::size_t i = 0; i < 100; ++i) expected[i] = (m * expected[i]) + (rest * w[i]);
    reference::average(std::span<T>(averages), std::span<const T>(w), momentum, false);
    CHECK(first_difference(averages, expected) == 100);
    reference::average(std::span<T>(averages), std::span<const T>(w), momentum, true);
    CHECK(first_difference(averages, w) == 100);
  }
  auto averages = start;
  for (const double bad : {-0.1, 1.1, nan_value, infinity})
    CHECK(holds_all(refusal([&] { reference::average(std::span<T>(averages), std::span<const T>(w), bad, false); }),
                    {"momentum is ", "[0, 1]", "0.99"}));
  CHECK(holds_all(refusal([&] { reference::average(std::span<T>(averages).first(3), std::span<const T>(w), 0.5, false); }),
                  {"averages has 3 elements in place of 100"}));
  CHECK(averages == start);
}
