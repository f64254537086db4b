// What happens to gradients and parameters before the move: scale, sign, clipping, weight decay. The reference's bits everywhere, the formulas by hand,
// and every option does something on every path.
#include <limits>

#include "support/bits.hpp"
#include "support/guarded.hpp"
#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr auto decoupled = weight_decay_kind::decoupled;

// Each option alone, and together.
const update_options all_stages[] = {
    {},
    {.gradient_scale = 0.125},
    {.gradient_scale = 1.0 / 3},
    {.maximize = true},
    {.clip_value = 0.3},
    {.weight_decay = 0.01},
    {.weight_decay = 0.1, .decay_kind = decoupled},  // T(0.1 * 0.1) is not T(0.1) * T(0.1)
    {.accumulator_decay = 0.9},
    {.accumulator_decay = 0.99, .clip_value = 0.7, .weight_decay = 0.01},
    {.gradient_scale = 1.0 / 3, .maximize = true, .clip_value = 0.7, .weight_decay = 0.01, .constraint = box(-0.5, 0.5)},
    {.gradient_scale = 3, .clip_value = 0.1, .weight_decay = 0.5, .decay_kind = decoupled, .constraint = non_negative()},
};

}  // namespace

TEST_CASE_TEMPLATE("every stage gives the reference's bits on every instruction set, length and offset", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const auto& options : all_stages)
      for (const std::size_t n : {0, 1, 3, 7, 8, 15, 16, 17, 33, 511, 513, 1023, 1024, 1025, 5000})
        for (std::size_t offset = 0; offset < (n < 100 ? 4 : 1); ++offset) {
          CAPTURE(n);
          CAPTURE(offset);
          auto start = mixed_arrays<T>(n + offset, 301);
          const auto gradients = start.gradients;
          const std::span<T> w(start.parameters.data() + offset, n), G(start.accumulators.data() + offset, n);
          const std::span<const T> g(start.gradients.data() + offset, n);
          std::vector<T> expected_w(w.begin(), w.end()), expected_G(G.begin(), G.end());
          for (int step = 0; step < 3; ++step) {
            update(w, g, G, 0.1, options, {.threads = 1 + static_cast<unsigned>(step), .serial_below = 0});
            reference::update(expected_w, g, expected_G, 0.1, options);
          }
          CHECK(first_difference(std::span<const T>(w), std::span<const T>(expected_w)) == n);
          CHECK(first_difference(std::span<const T>(G), std::span<const T>(expected_G)) == n);
          CHECK(first_difference(start.gradients, gradients) == n + offset);  // only read
        }
  });
}

TEST_CASE_TEMPLATE("the stages are the formulas, one rounding for each operation, in their order", T, float, double) {
  for (const auto& options : all_stages) {
    auto data = usual_arrays<T>(999, 307), expected = data;
    const double rate = 0.1;
    update(data.parameters, data.gradients, data.accumulators, rate, options);
    for (std::size_t i = 0; i < 999; ++i) {
      T& w = expected.parameters[i];
      T g = expected.gradients[i] * static_cast<T>(options.gradient_scale);
      if (options.maximize) g = -g;
      const T c = static_cast<T>(options.clip_value);
      if (g < -c) g = -c;
      else if (g > c) g = c;
      const T decay = static_cast<T>(options.weight_decay);
      if (options.decay_kind == decoupled) w = w - static_cast<T>(rate * options.weight_decay) * w;
      // Coupled decay sees w as it was; with either kind alone the order of the two lines does not matter.
      else if (decay > 0) g = g + decay * w;
      T& G = expected.accumulators[i];
      G = options.accumulator_decay == 1 ? G + g * g : (static_cast<T>(options.accumulator_decay) * G) + g * g;
      const T H = std::sqrt(G) + static_cast<T>(options.epsilon);
      if (H != 0) w = w - (static_cast<T>(rate) * g) / H;
      if (options.constraint.kind == constraint_kind::box) w = w < T(-0.5) ? T(-0.5) : w > T(0.5) ? T(0.5) : w;
      if (options.constraint.kind == constraint_kind::non_negative) w = w >= 0 ? w : w * 0;
    }
    CHECK(first_difference(data.parameters, expected.parameters) == 999);
    CHECK(first_difference(data.accumulators, expected.accumulators) == 999);
  }
}

TEST_CASE_TEMPLATE("every option does something, for exact and fast, short and long arrays", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const auto mode : {arithmetic::exact, arithmetic::fast})
      for (const std::size_t n : {std::size_t(1), std::size_t(16), std::size_t(5000)})
        for (std::size_t k = 1; k < std::size(all_stages); ++k) {
          CAPTURE(k);
          arrays<T> with{std::vector<T>(n, T(2)), std::vector<T>(n, T(0.9)), std::vector<T>(n, T(0.5))}, without = with;
          auto options = all_stages[k];
          options.mode = mode;
          update(with.parameters, with.gradients, with.accumulators, 0.1, options);
          update(without.parameters, without.gradients, without.accumulators, 0.1, {.mode = mode});
          for (std::size_t i = 0; i < n; ++i) CHECK(with.parameters[i] != without.parameters[i]);
        }
  });
}

TEST_CASE_TEMPLATE("decay moves a parameter without gradient toward zero, coupled and decoupled", T, float, double) {
  for (const auto kind : {weight_decay_kind::coupled, decoupled}) {
    std::vector<T> w{T(2), T(-3)}, g(2), G(2, T(0.5));
    update(w, g, G, 0.1, {.weight_decay = 0.1, .decay_kind = kind});
    CHECK(w[0] < T(2));
    CHECK(w[0] > T(0));
    CHECK(w[1] > T(-3));
    CHECK(w[1] < T(0));
    CHECK((G[0] == T(0.5)) == (kind == decoupled));  // decoupled decay is not accumulated
  }
}

TEST_CASE_TEMPLATE("without decay, infinite and NaN parameters do not reach the gradient", T, float, double) {
  std::vector<T> w{std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN(), T(1)}, g(3, T(1)), G(3);
  update(w, g, G, 0.1, {.gradient_scale = 0.5, .clip_value = 10});
  CHECK(G == std::vector<T>(3, T(0.25)));
  CHECK(std::isinf(w[0]));
}

TEST_CASE_TEMPLATE("prepared updates touch nothing outside of their arrays", T, float, double) {
  using array = guarded<T>;
  for_each_isa([&](const std::string&) {
    for (const std::size_t n : {std::size_t(1), std::size_t(13), std::size_t(1029)})
      for (const auto side : {array::against::end, array::against::begin}) {
        const auto data = usual_arrays<T>(n, 311);
        const array w(data.parameters, side), g(data.gradients, side), G(data.accumulators, side);
        update(w.get(), g.get(), G.get(), 0.1, {.clip_value = 0.1, .weight_decay = 0.1});
        update(w.get(), g.get(), G.get(), 0.1, {.weight_decay = 0.1, .decay_kind = decoupled});
        CHECK(first_difference(std::span<const T>(g.get()), std::span<const T>(data.gradients)) == n);
      }
  });
}

TEST_CASE_TEMPLATE("a rate times decay that the type cannot hold is refused before the first write", T, float, double) {
  const double huge = sizeof(T) == 4 ? 1e30 : 1e200;
  const update_options options{.weight_decay = huge, .decay_kind = decoupled};
  const std::vector<T> start{T(1), T(0), T(-2)};
  std::vector<T> w = start, g(3, T(1)), G(3);
  const auto parts = {"learning_rate * weight_decay is ", "cannot hold", "smaller"};
  CHECK(holds_all(refusal([&] { update(w, g, G, huge, options); }), parts));
  CHECK(holds_all(refusal([&] { reference::update(w, g, G, huge, options); }), parts));
  optimizer o({.learning_rate = huge});
  o.add("w", w, g, {.rule = options});
  CHECK(holds_all(refusal([&] { o.step(); }), parts));
  CHECK(holds_all(refusal([&] { (void)o.learning_rate(); }), parts));
  CHECK(w == start);
  CHECK(G == std::vector<T>(3));
  CHECK(o.iterations() == 0);
}

TEST_CASE_TEMPLATE("bad values are refused by name, before anything is written", T, float, double) {
  const auto data = usual_arrays<T>(9, 313);
  const auto check = [&](const update_options& options, std::initializer_list<const char*> parts) {
    for (const bool scalar : {false, true}) {
      auto copy = data;
      const std::string message = refusal([&] {
        if (scalar) reference::update(copy.parameters, copy.gradients, copy.accumulators, 0.1, options);
        else update(copy.parameters, copy.gradients, copy.accumulators, 0.1, options);
      });
      INFO("message: " << message);
      CHECK(holds_all(message, parts));
      CHECK(copy.parameters == data.parameters);
      CHECK(copy.accumulators == data.accumulators);
    }
    CHECK(holds_all(refusal([&] { optimizer o({.defaults = {.rule = options}}); }), parts));
  };
  for (const double bad : {nan_value, infinity, -1.0}) {
    check({.gradient_scale = bad}, {"gradient_scale is ", "use 1"});
    check({.weight_decay = bad}, {"weight_decay is ", "1e-4"});
  }
  for (const double bad : {nan_value, infinity, -0.5, 0.0, 1.5}) check({.accumulator_decay = bad}, {"accumulator_decay is ", "at most 1"});
  check({.accumulator_used = accumulator_use::before, .accumulator_decay = 0.9},
        {"accumulator_decay is 0.9 with accumulator_used before", "after"});
  check({.gradient_scale = 0}, {"gradient_scale is 0", "no gradient would be left"});
  for (const double bad : {nan_value, -infinity, -1.0, 0.0}) check({.clip_value = bad}, {"clip_value is ", "above 0", "infinity"});
  check({.decay_kind = static_cast<weight_decay_kind>(2)}, {"decay_kind is 2", "weight_decay_kind::decoupled"});
  if (sizeof(T) == 4) {
    std::vector<float> w(1, 1.0F), g(1, 1.0F), G(1);
    for (const update_options& options : {update_options{.gradient_scale = 1e39}, {.clip_value = 1e39}, {.weight_decay = 1e39}})
      CHECK(holds_all(refusal([&] { update(w, g, G, 0.1, options); }), {" is 1e+39, which float cannot hold"}));
    for (const update_options& options : {update_options{.gradient_scale = 1e-60}, {.clip_value = 1e-60}, {.accumulator_decay = 1e-60}})
      CHECK(holds_all(refusal([&] { update(w, g, G, 0.1, options); }), {" is 1e-60"}));
    CHECK(w[0] == 1.0F);
  }
}
