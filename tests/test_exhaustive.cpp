// Every accumulator there is: all 2^32 float patterns through the update, on each instruction set, against the reference.
#include <algorithm>
#include <vector>

#include "support/bits.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr std::size_t chunk = 1 << 15;  // all arrays of one chunk stay in the L2 cache
constexpr std::uint64_t patterns = std::uint64_t(1) << 32;
constexpr threading serial{.threads = 1};

struct scenario {
  float gradient;
  double learning_rate;
  update_options options;
};

// Calls visit(first pattern, accumulators of the chunk) for all patterns, or every 251st.
template <class Visit>
void for_each_chunk(Visit visit) {
  std::vector<float> accumulators(chunk);
  for (std::uint64_t first = 0; first < patterns; first += chunk * stride) {
    for (std::size_t i = 0; i < chunk; ++i) accumulators[i] = std::bit_cast<float>(static_cast<std::uint32_t>(first + i * stride));
    visit(first, accumulators);
  }
}

struct state {
  std::vector<float> parameters = std::vector<float>(chunk), accumulators = std::vector<float>(chunk);

  void start(float parameter, const std::vector<float>& from) {
    std::ranges::fill(parameters, parameter);
    std::ranges::copy(from, accumulators.begin());
  }
};

// Written so that the compiler vectorises it: 5 times 2^32 values are looked at.
std::uint64_t differing(const std::vector<float>& a, const std::vector<float>& b) {
  std::uint32_t n = 0;
  for (std::size_t i = 0; i < chunk; ++i) n += (bits(a[i]) != bits(b[i])) & !((a[i] != a[i]) & (b[i] != b[i]));
  return n;
}

}  // namespace

TEST_CASE("exact: all accumulators on every instruction set give the reference's bits") {
  const scenario scenarios[] = {
      {0.7f, 0.01, {}},
      {1e-3f, 1.0, {.epsilon = 0, .accumulator_used = accumulator_use::before}},
      {0.3f, 0.001, {.epsilon = 1e-7, .epsilon_placement = epsilon_place::inside_root}},
  };
  const auto names = available_instruction_sets();
  for (const scenario& s : scenarios) {
    INFO("gradient " << s.gradient << ", rate " << s.learning_rate << ", " << describe(s.options));
    const std::vector<float> gradients(chunk, s.gradient);
    std::vector<std::uint64_t> wrong(names.size());
    state ours, theirs;
    for_each_chunk([&](std::uint64_t, const std::vector<float>& accumulators) {
      theirs.start(0.25f, accumulators);
      reference::update(theirs.parameters, gradients, theirs.accumulators, s.learning_rate, s.options);
      for (std::size_t k = 0; k < names.size(); ++k) {
        force_instruction_set(names[k]);
        ours.start(0.25f, accumulators);
        update(ours.parameters, gradients, ours.accumulators, s.learning_rate, s.options, serial);
        wrong[k] += differing(ours.parameters, theirs.parameters) + differing(ours.accumulators, theirs.accumulators);
      }
    });
    force_instruction_set("");
    for (std::size_t k = 0; k < names.size(); ++k) {
      INFO("instruction set " << names[k]);
      CHECK(wrong[k] == 0);
    }
  }
}

// The bound of include/adagrad/options.hpp. With parameters of 0 the new parameter is the negated update itself, so its ulps are the
// update's. In units of 2^-24 relative to the update the roundings add up to 6 for `fast` (root 2.5, sum 1, lr*g/H 2.5) and 3 for `exact`
// (root, sum, quotient); lr*g is the same in both. An ulp is one to two such units, so 9 ulp can never be exceeded; 5 is the most ever seen, 3 at usual epsilons.
TEST_CASE("fast: all accumulators stay within 6 ulp of the exact update; special results in the same places") {
  const scenario scenarios[] = {
      {0.3f, 0.001, {.epsilon = 1e-7, .epsilon_placement = epsilon_place::inside_root}},
      {1e30f, 1.0, {.epsilon = 1e-8, .accumulator_used = accumulator_use::before}},
  };
  for (scenario s : scenarios) {
    INFO("gradient " << s.gradient << ", rate " << s.learning_rate << ", " << describe(s.options));
    const std::vector<float> gradients(chunk, s.gradient);
    const auto names = available_instruction_sets();
    std::vector<std::uint32_t> worst(names.size());
    std::vector<std::uint64_t> misplaced(names.size());
    state exact, fast;
    for_each_chunk([&](std::uint64_t, const std::vector<float>& accumulators) {
      s.options.mode = arithmetic::exact;
      exact.start(0, accumulators);
      update(exact.parameters, gradients, exact.accumulators, s.learning_rate, s.options, serial);
      s.options.mode = arithmetic::fast;
      for (std::size_t k = 0; k < names.size(); ++k) {
        force_instruction_set(names[k]);
        fast.start(0, accumulators);
        update(fast.parameters, gradients, fast.accumulators, s.learning_rate, s.options, serial);
        misplaced[k] += differing(fast.accumulators, exact.accumulators);
        if (names[k] != "avx512bw") {  // `fast` is `exact` there
          misplaced[k] += differing(fast.parameters, exact.parameters);
          continue;
        }
        for (std::size_t i = 0; i < chunk; ++i) {
          const float a = fast.parameters[i], b = exact.parameters[i];
          if (std::isfinite(a) && std::isfinite(b)) worst[k] = std::max(worst[k], ulps_between(a, b));
          else misplaced[k] += !same(a, b);
        }
      }
    });
    force_instruction_set("");
    for (std::size_t k = 0; k < names.size(); ++k) {
      INFO("instruction set " << names[k]);
      CHECK(misplaced[k] == 0);
      CHECK(worst[k] <= 6);
      MESSAGE(names[k] << ": at most " << worst[k] << " ulp");
    }
  }
}
