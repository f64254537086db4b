// The kernels of each instruction set by themselves: whatever the length, an element's result is what it is alone, and nothing outside of the arrays is
// read or written.
#include <memory>
#include <vector>

#include "dispatch/registry.hpp"
#include "kernels/table.hpp"
#include "support/bits.hpp"
#include "support/guarded.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr std::size_t lengths[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 15, 16, 17, 29, 31, 32, 33, 53, 64, 65, 77, 100, 127, 1029};

// Arrays that a kernel gets, each between pages that may not be touched.
template <class T>
class guarded_arrays {
 public:
  guarded_arrays(std::size_t arrays, std::size_t n, std::uint64_t seed, typename guarded<T>::against side) {
    for (std::size_t k = 0; k < arrays; k += 3) {
      const auto values = mixed_arrays<T>(n, seed + k);
      for (const auto* each : {&values.parameters, &values.gradients, &values.accumulators})
        arrays_.push_back(std::make_unique<guarded<T>>(*each, side));
    }
  }
  T* operator[](std::size_t k) const { return arrays_[k]->get().data(); }
  std::span<const T> all(std::size_t k) const { return arrays_[k]->get(); }

 private:
  std::vector<std::unique_ptr<guarded<T>>> arrays_;
};

// run(kernels, pointers to the arrays at element `from`, n), with four arrays of which the first `written` may change.
template <class T, class Run>
void check_elementwise(const char* name, std::size_t written, const Run& run) {
  CAPTURE(name);
  const auto& kernels = kernels::of_type<T>(dispatch::active());
  for (const std::size_t n : lengths)
    for (const auto side : {guarded<T>::against::end, guarded<T>::against::begin}) {
      CAPTURE(n);
      const guarded_arrays<T> start(6, n, 801, side), together(6, n, 801, side), alone(6, n, 801, side);
      const auto at = [&](const guarded_arrays<T>& a, std::size_t i) { return std::array{a[0] + i, a[1] + i, a[2] + i, a[3] + i}; };
      run(kernels, at(together, 0), n);
      for (std::size_t i = 0; i < n; ++i) run(kernels, at(alone, i), 1);
      for (std::size_t k = 0; k < 4; ++k) {
        CAPTURE(k);
        CHECK(first_difference(together.all(k), alone.all(k)) == n);
        if (k >= written) CHECK(first_difference(together.all(k), start.all(k)) == n);
      }
    }
}

template <class T>
kernels::dense_step<T> step_of(bool inside, T epsilon = T(1e-8)) {
  return {.learning_rate = T(0.1), .epsilon = epsilon, .epsilon_inside_root = inside, .root_before_gradient = false, .fast = false};
}

}  // namespace

TEST_CASE_TEMPLATE("moves", T, float, double) {
  using table = kernels::typed_table<T>;
  for_each_isa([&](const std::string&) {
    for (const bool inside : {false, true}) {
      check_elementwise<T>("move", 1, [&](const table& k, auto a, std::size_t n) { k.move(a[0], a[1], a[2], n, step_of<T>(inside)); });
      for (const T l1 : {T(0), T(0.01)})
        for (const T l2 : {T(0), T(0.01)}) {
          const kernels::proximal<T> terms{l1, l2};
          check_elementwise<T>("move_proximal", 1, [&](const table& k, auto a, std::size_t n) {
            k.move_proximal(a[0], a[1], a[2], n, step_of<T>(inside, l1), terms);
          });
          check_elementwise<T>("dual_average", 1, [&](const table& k, auto a, std::size_t n) {
            k.dual_average(a[0], a[1], a[2], n, step_of<T>(inside, l2), terms);
          });
        }
    }
  });
}

TEST_CASE_TEMPLATE("what comes before the move", T, float, double) {
  using table = kernels::typed_table<T>;
  for_each_isa([&](const std::string&) {
    for (const bool pending : {false, true})
      for (unsigned choice = 0; choice < 32; ++choice) {
        kernels::preparation<T> p{.scale = T(3), .divisor = T(-7), .clip = T(0.5)};
        if (choice & 1) p.factor_before_clip = T(0.3);
        if (choice & 2) p.factor_after_clip = T(0.7);
        if (choice & 4) p.decay = T(0.01);
        p.fused_decay = choice & 8;
        p.drops_vanished = choice & 16;
        CAPTURE(choice);
        // The arrays in the order prepared, g, pending, G; w is g again.
        check_elementwise<T>("prepare", 1, [&](const table& k, auto a, std::size_t n) {
          k.prepare(a[0], a[1], a[1], a[3], pending ? a[2] : nullptr, n, p);
        });
      }
    check_elementwise<T>("gather", 1, [&](const table& k, auto a, std::size_t n) { k.gather(a[0], a[1], n, T(0.3)); });
    for (const bool fused : {false, true})
      for (const T decay : {T(1), T(0.9)})
        check_elementwise<T>("accumulate", 1, [&](const table& k, auto a, std::size_t n) { k.accumulate(a[0], a[1], n, {decay, fused}); });
    check_elementwise<T>("shrink", 1, [&](const table& k, auto a, std::size_t n) { k.shrink(a[0], n, T(0.01)); });
  });
}

TEST_CASE_TEMPLATE("what comes after the move", T, float, double) {
  using table = kernels::typed_table<T>;
  using kind = typename kernels::constraint<T>::kind;
  for_each_isa([&](const std::string&) {
    for (const auto what : {kind::none, kind::non_negative, kind::box})
      check_elementwise<T>("constrain", 1, [&](const table& k, auto a, std::size_t n) { k.constrain(a[0], n, {what, T(-0.5), T(0.25)}); });
    for (const bool starts : {false, true})
      for (const bool overwrites : {false, true})
        check_elementwise<T>("average", overwrites ? 2 : 1, [&](const table& k, auto a, std::size_t n) {
          k.average(a[0], a[1], n, {T(0.9), T(0.1), starts, overwrites});
        });
    check_elementwise<T>("multiply", 1, [&](const table& k, auto a, std::size_t n) { k.multiply(a[0], a[1], n); });
    check_elementwise<T>("divide", 1, [&](const table& k, auto a, std::size_t n) { k.divide(a[0], a[1], n); });
  });
}

TEST_CASE_TEMPLATE("averages, factors and divisors are the formulas", T, float, double) {
  for_each_isa([&](const std::string&) {
    const auto& kernels = kernels::of_type<T>(dispatch::active());
    const auto data = mixed_arrays<T>(1029, 803);
    const auto& w = data.parameters;
    const auto& a = data.gradients;
    const auto check = [&](const std::vector<T>& ours, const auto& element) {
      std::vector<T> expected;
      for (std::size_t i = 0; i < w.size(); ++i) expected.push_back(element(w[i], a[i]));
      CHECK(first_difference(ours, expected) == w.size());
    };
    auto averages = a, parameters = w;
    kernels.average(averages.data(), parameters.data(), w.size(), {T(0.9), T(0.1), false, false});
    check(averages, [](T x, T old) { return (T(0.9) * old) + (T(0.1) * x); });
    CHECK(first_difference(parameters, w) == w.size());
    kernels.average(averages.data(), parameters.data(), w.size(), {T(0.9), T(0.1), true, false});
    check(averages, [](T x, T) { return x; });
    averages = a;
    kernels.average(averages.data(), parameters.data(), w.size(), {T(0.9), T(0.1), false, true});
    CHECK(first_difference(parameters, averages) == w.size());
    parameters = w;
    kernels.multiply(parameters.data(), a.data(), w.size());
    check(parameters, [](T x, T f) { return x * f; });
    parameters = w;
    kernels.divide(parameters.data(), a.data(), w.size());
    check(parameters, [](T x, T d) { return x / d; });
    parameters = w;
    kernels.gather(parameters.data(), a.data(), w.size(), T(0.3));
    check(parameters, [](T sum, T g) { return (g * T(0.3)) + sum; });
  });
}

TEST_CASE_TEMPLATE("what is read before anything is written", T, float, double) {
  for_each_isa([&](const std::string&) {
    const auto& kernels = kernels::of_type<T>(dispatch::active());
    for (const std::size_t n : lengths)
      for (const bool end : {false, true}) {
        const guarded_arrays<T> x(3, n, 807, end ? guarded<T>::against::end : guarded<T>::against::begin);
        const auto side = end ? guarded<double>::against::end : guarded<double>::against::begin;
        const guarded<double> lanes(std::vector<double>(16), side), sums(std::vector<double>(n), side);
        std::size_t count = 0;
        kernels.add_squares(x[0], n, lanes.get().data());
        kernels.add_squares_apart(x[0], n, sums.get().data());
        kernels.count_non_finite(x[0], n, &count);
        CHECK(count <= n);
      }
  });
}
