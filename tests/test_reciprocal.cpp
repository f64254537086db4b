// With both proximal terms, two quotients share one reciprocal: they are those of a division for every mantissa of H.
#include <vector>

#include "support/bits.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"

using namespace adagrad;
using namespace adagrad::test;

// epsilon 0: H is the root of all 2^24 floats of two binades. No gradient, so that nothing but the terms moves anything; a weight of 1.5 thresholds is left with half a
// one, exactly, and l2/H is so large that 1 is lost in the sum: each bit of both quotients shows.
TEST_CASE("elastic net: the quotients of a division, for every mantissa") {
  constexpr std::uint32_t first = 0x3F000000, step = thin ? 251 : 1;
  for (const auto& [l1, l2] :
       {std::pair(1.1f, 0x1.3579bdp40f), std::pair(0x1.fffffep0f, 0x1.000002p40f), std::pair(0x1.6a09e6p3f, 0x1.555556p45f)}) {
    std::vector<float> start, accumulators;
    for (std::uint32_t bits = first; bits < first + (1u << 24); bits += step) {
      accumulators.push_back(std::bit_cast<float>(bits));
      start.push_back(1.5f * (l1 / std::sqrt(accumulators.back())));
    }
    const std::vector<float> gradients(start.size());
    const update_options options{.epsilon = 0, .proximal_l1 = l1, .proximal_l2 = l2};
    auto expected = start;
    auto state = accumulators;
    reference::update(expected, gradients, state, 1, options);
    for_each_isa([&](const std::string&) {
      auto ours = start;
      update(ours, gradients, state, 1, options);
      CHECK(first_difference(ours, expected) == ours.size());
    });
  }
}
