// `fast` on doubles and over many gradients: its stated bound, and special values as in `exact`.
#include <algorithm>

#include "support/bits.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr threading serial{.threads = 1};

// Updates (parameters of 0 become the negated update) by both modes.
template <class T>
struct both {
  std::vector<T> exact, fast;
};
template <class T>
both<T> updates(const arrays<T>& data, double learning_rate, update_options options) {
  both<T> result{std::vector<T>(data.gradients.size(), T(0)), std::vector<T>(data.gradients.size(), T(0))};
  auto G = data.accumulators;
  update(result.exact, data.gradients, G, learning_rate, options, serial);
  options.mode = arithmetic::fast;
  G = data.accumulators;
  update(result.fast, data.gradients, G, learning_rate, options, serial);
  return result;
}

}  // namespace

// float 6, double 8 (test_exhaustive.cpp counts the roundings): the double root takes one or more Newton steps that float does not, each with roundings of its own.
TEST_CASE_TEMPLATE("fast stays within its bound over all exponents of G and g", T, float, double) {
  constexpr bits_of<T> bound = sizeof(T) == 4 ? 6 : 8;
  const std::size_t n = thin ? 20'000 : 2'000'000;
  const int widest = sizeof(T) == 4 ? 40 : 250;
  random_bits random(23);
  arrays<T> data;
  for (std::size_t i = 0; i < n; ++i) {
    data.gradients.push_back(static_cast<T>((random() % 2 ? 1 : -1) * std::exp2(random.between(-widest, widest))));
    data.accumulators.push_back(static_cast<T>(std::exp2(random.between(-3 * widest, 3 * widest))));
  }
  for_each_isa([&](const std::string&) {
    for (const auto& options : all_rules(arithmetic::exact)) {
      INFO(describe(options));
      const auto [exact, fast] = updates(data, 0.01, options);
      bits_of<T> worst = 0;
      std::size_t lost = 0;
      for (std::size_t i = 0; i < n; ++i)
        if (std::isfinite(exact[i])) {
          lost += !std::isfinite(fast[i]);
          worst = std::max(worst, ulps_between(exact[i], fast[i]));
        }
      CHECK(lost == 0);
      CHECK(worst <= bound);
    }
  });
}

TEST_CASE_TEMPLATE("fast is never infinite or NaN where exact is finite, and NaN where exact is NaN", T, float, double) {
  const auto data = mixed_arrays<T>(thin ? 5'000 : 500'000, 29);
  for_each_isa([&](const std::string&) {
    for (const auto& options : all_rules(arithmetic::exact))
      for (const double learning_rate : {0.0, 1e-30, 0.01, 1e9, 1e38}) {
        INFO(describe(options) << ", rate " << learning_rate);
        const auto [exact, fast] = updates(data, learning_rate, options);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < exact.size(); ++i) {
          wrong += std::isfinite(exact[i]) && !std::isfinite(fast[i]);
          wrong += std::isnan(exact[i]) != std::isnan(fast[i]);
        }
        CHECK(wrong == 0);
      }
  });
}
