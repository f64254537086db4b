// adagrad::update against the scalar reference, bit for bit, on every instruction set.
#include <algorithm>
#include <array>

#include "support/bits.hpp"
#include "support/guarded.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double rate = 0.01;
constexpr threading serial{.threads = 1};

template <class T>
constexpr std::size_t widest = 64 / sizeof(T);  // lanes of the widest instruction set

// The largest number of elements that one pass of any kernel's loop handles, and then some.
template <class T>
constexpr std::size_t longest_pass = 8 * widest<T>;

template <class T>
void step_both(arrays<T>& ours, arrays<T>& theirs, const update_options& options, double learning_rate = rate) {
  update(ours.parameters, ours.gradients, ours.accumulators, learning_rate, options, serial);
  reference::update(theirs.parameters, theirs.gradients, theirs.accumulators, learning_rate, options);
}

template <class T>
void check_same(const arrays<T>& a, const arrays<T>& b) {
  CHECK(first_difference(a.parameters, b.parameters) == a.parameters.size());
  CHECK(first_difference(a.accumulators, b.accumulators) == a.accumulators.size());
}

}  // namespace

TEST_CASE_TEMPLATE("exact gives the reference's bits: every rule, sizes around the vector widths, three steps in a row", T, float, double) {
  constexpr std::size_t L = widest<T>;
  for_each_isa([&](const std::string&) {
    for (const auto& options : all_rules(arithmetic::exact)) {
      INFO(describe(options));
      for (const std::size_t n :
           {std::size_t(0), std::size_t(1), L - 1, L, L + 1, 2 * L, 3 * L + 5, 4 * L, 8 * L + 3, std::size_t(1000), std::size_t(20011)}) {
        CAPTURE(n);
        auto ours = mixed_arrays<T>(n, 1 + n), theirs = ours;
        for (int step = 0; step < 3; ++step) {
          step_both(ours, theirs, options);
          check_same(ours, theirs);
        }
      }
    }
  });
}

TEST_CASE_TEMPLATE("exact gives the reference's bits for rates from 0 to the largest", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const double learning_rate : {0.0, 1e-300, 1e-42, 1e-3, 1.0, 1e30, double(std::numeric_limits<T>::max())})
      for (auto options : all_rules(arithmetic::exact)) {
        CAPTURE(learning_rate);
        auto ours = mixed_arrays<T>(517, 3), theirs = ours;
        step_both(ours, theirs, options, learning_rate);
        check_same(ours, theirs);
      }
  });
}

TEST_CASE_TEMPLATE("an element depends neither on the length nor on its position, in both modes", T, float, double) {
  constexpr std::size_t longest = 4 * widest<T> + 3, offsets = 16;
  const auto data = mixed_arrays<T>(2 * longest_pass<T> + offsets, 11);
  for (const auto mode : {arithmetic::exact, arithmetic::fast})
    for_each_isa([&](const std::string&) {
      for (const auto& options : all_rules(mode)) {
        INFO(describe(options));
        // Each element on its own is the yardstick.
        auto alone = data;
        for (std::size_t i = 0; i < alone.parameters.size(); ++i)
          update(std::span(&alone.parameters[i], 1), std::span<const T>(&alone.gradients[i], 1), std::span(&alone.accumulators[i], 1), rate,
                 options, serial);
        std::size_t wrong = 0;
        const auto compare = [&](std::size_t offset, std::size_t n) {
          auto whole = data;
          update(std::span(whole.parameters).subspan(offset, n), std::span<const T>(whole.gradients).subspan(offset, n),
                 std::span(whole.accumulators).subspan(offset, n), rate, options, serial);
          for (std::size_t i = 0; i < whole.parameters.size(); ++i) {
            const bool touched = offset <= i && i < offset + n;
            wrong += !same(whole.parameters[i], touched ? alone.parameters[i] : data.parameters[i]);
            wrong += !same(whole.accumulators[i], touched ? alone.accumulators[i] : data.accumulators[i]);
          }
        };
        for (std::size_t n = 0; n <= longest; ++n)
          for (std::size_t offset = 0; offset < offsets; ++offset) compare(offset, n);
        for (std::size_t offset = 0; offset < offsets; ++offset) compare(offset, 2 * longest_pass<T>);
        CHECK(wrong == 0);
      }
    });
}

TEST_CASE_TEMPLATE("nothing before or behind the arrays is touched, and the gradient stays as it is", T, float, double) {
  using side = typename guarded<T>::against;
  for (const auto mode : {arithmetic::exact, arithmetic::fast})
    for_each_isa([&](const std::string&) {
      for (const auto where : {side::end, side::begin})
        for (const std::size_t n : {std::size_t(1), widest<T> - 1, widest<T> + 1, 3 * widest<T> + 5, longest_pass<T>, std::size_t(1031)}) {
          const auto data = usual_arrays<T>(n, n);
          guarded<T> w(data.parameters, where), g(data.gradients, where), G(data.accumulators, where);
          update(w.get(), g.get(), G.get(), rate, {.mode = mode}, serial);
          CHECK(first_difference(std::span<const T>(g.get()), std::span<const T>(data.gradients)) == n);
          if (n > 1)
            CHECK(first_difference(std::span<const T>(w.get()), std::span<const T>(data.parameters)) < n);  // the first gradient is 0
        }
    });
}

TEST_CASE_TEMPLATE("each option makes a difference on every instruction set, at every length", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const std::size_t n : {std::size_t(7), widest<T> + 1, longest_pass<T> + 1}) {
      CAPTURE(n);
      auto data = usual_arrays<T>(n, 5);
      const auto result = [&](const update_options& options, double learning_rate = 1.0) {
        auto copy = data;
        update(copy.parameters, copy.gradients, copy.accumulators, learning_rate, options, serial);
        return copy.parameters;
      };
      const auto plain = result({});
      CHECK(plain != data.parameters);
      CHECK(plain != result({.epsilon = 0.5}));
      CHECK(result({.epsilon = 0.5}) != result({.epsilon = 0.5, .epsilon_placement = epsilon_place::inside_root}));
      CHECK(plain != result({.accumulator_used = accumulator_use::before}));
      CHECK(plain != result({}, 0.5));
      CHECK(data.parameters == result({}, 0.0));
    }
  });
}

TEST_CASE_TEMPLATE("fast differs from exact where estimates pay, and only there", T, float, double) {
  for_each_isa([&](const std::string& isa) {
    auto exact = usual_arrays<T>(4099, 7), fast = exact;
    update(exact.parameters, exact.gradients, exact.accumulators, rate, {}, serial);
    update(fast.parameters, fast.gradients, fast.accumulators, rate, {.mode = arithmetic::fast}, serial);
    CHECK(first_difference(exact.accumulators, fast.accumulators) == 4099);
    CHECK((first_difference(exact.parameters, fast.parameters) < 4099) == (isa == "avx512bw"));
  });
}

TEST_CASE_TEMPLATE("a zero denominator moves nothing; a zero gradient moves nothing", T, float, double) {
  for (const auto mode : {arithmetic::exact, arithmetic::fast})
    for_each_isa([&](const std::string&) {
      // epsilon 0 and G = 0 before a gradient of 3: H is formed from the old G, and is 0.
      std::vector<T> w(37, T(1.5)), g(37, T(3)), G(37, T(0));
      update(w, g, G, rate, {.epsilon = 0, .accumulator_used = accumulator_use::before, .mode = mode}, serial);
      CHECK(std::ranges::all_of(w, [](T x) { return x == T(1.5); }));
      CHECK(std::ranges::all_of(G, [](T x) { return x == T(9); }));
      // An accumulator of minus epsilon, which only a broken state has: epsilon inside the root makes H zero.
      std::vector<T> same(37, T(1.5)), small(37, T(0x1p-60)), minus_epsilon(37, -T(1e-7));
      update(same, small, minus_epsilon, rate,
             {.epsilon = 1e-7, .epsilon_placement = epsilon_place::inside_root, .accumulator_used = accumulator_use::before, .mode = mode},
             serial);
      CHECK(std::ranges::all_of(same, [](T x) { return x == T(1.5); }));
      for (const double epsilon : {0.0, 1e-8}) {
        std::vector<T> still(37, -T(0)), zero(37, T(0)), fresh(37, T(0));
        update(still, zero, fresh, rate, {.epsilon = epsilon, .mode = mode}, serial);
        CHECK(std::ranges::all_of(still, [](T x) { return bits(x) == bits(-T(0)); }));
      }
    });
}

TEST_CASE_TEMPLATE("an element that needs the careful path leaves its neighbours' bits alone, in both modes", T, float, double) {
  using limits = std::numeric_limits<T>;
  const auto data = usual_arrays<T>(longest_pass<T>, 13);
  for (const auto mode : {arithmetic::exact, arithmetic::fast})
    for_each_isa([&](const std::string&) {
      auto plain = data;
      update(plain.parameters, plain.gradients, plain.accumulators, rate, {.mode = mode}, serial);
      for (const T odd : {limits::infinity(), limits::quiet_NaN(), limits::max(), T(-1)})
        for (std::size_t at = 0; at < longest_pass<T>; at += 5) {
          auto disturbed = data;
          disturbed.accumulators[at] = odd;
          update(disturbed.parameters, disturbed.gradients, disturbed.accumulators, rate, {.mode = mode}, serial);
          std::size_t wrong = 0;
          for (std::size_t i = 0; i < longest_pass<T>; ++i) wrong += i != at && !same(disturbed.parameters[i], plain.parameters[i]);
          CHECK(wrong == 0);
        }
    });
}

TEST_CASE_TEMPLATE("a row of steps with Keras 1's decay follows the formula", T, float, double) {
  for_each_isa([&](const std::string&) {
    auto data = usual_arrays<T>(97, 17);
    auto w = data.parameters, G = data.accumulators;
    for (std::uint64_t it = 0; it < 200; ++it) {
      update(data.parameters, data.gradients, data.accumulators, inverse_time{0.05, 0.1}(it), {}, serial);
      const T lr = static_cast<T>(0.05 * (1.0 / (1.0 + 0.1 * static_cast<double>(it))));
      for (std::size_t i = 0; i < w.size(); ++i) {
        const T g = data.gradients[i];
        G[i] = G[i] + g * g;
        w[i] = w[i] - (lr * g) / (std::sqrt(G[i]) + T(1e-8));
      }
    }
    CHECK(first_difference(w, data.parameters) == w.size());
  });
}

// The sizes from which the kernels prefetch, and take other roots: 3 arrays of 1 MiB and of 32 MiB.
TEST_CASE_TEMPLATE("arrays that come from memory give the reference's bits", T, float, double) {
  for (const std::size_t megabytes : {1, 32}) {
    const std::size_t n = (megabytes << 20) / (3 * sizeof(T)) + 1017;
    const auto data = mixed_arrays<T>(n, 79);
    for (const auto& options : {update_options{}, update_options{.epsilon = 0, .accumulator_used = accumulator_use::before}}) {
      auto expected = data;
      reference::update(expected.parameters, expected.gradients, expected.accumulators, rate, options);
      for_each_isa([&](const std::string&) {
        auto ours = data;
        update(ours.parameters, ours.gradients, ours.accumulators, rate, options, serial);
        check_same(ours, expected);
      });
    }
  }
}
