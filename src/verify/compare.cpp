#include "verify/compare.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <type_traits>
#include <vector>

#include "adagrad/reference.hpp"
#include "adagrad/update.hpp"
#include "verify/inputs.hpp"

namespace adagrad::verify {
namespace {

constexpr double learning_rate = 0.01;

// L: the widest lane count. The unrolled bodies handle up to 8 L at once; from 1,025 on, an array may be split over threads.
constexpr std::size_t longest = 3079;
template <class T>
constexpr std::size_t L = 64 / sizeof(T);
template <class T>
constexpr std::size_t sizes[] = {0,
                                 1,
                                 L<T> - 1,
                                 L<T>,
                                 L<T> + 1,
                                 2 * L<T>,
                                 3 * L<T> + 5,
                                 4 * L<T> - 1,
                                 4 * L<T>,
                                 4 * L<T> + 1,
                                 8 * L<T> - 1,
                                 8 * L<T>,
                                 8 * L<T> + 1,
                                 12 * L<T> + 3,
                                 1000,
                                 longest};
constexpr std::size_t offsets = 4;

template <class T>
struct state {
  std::vector<T> parameters, accumulators;
};

template <class T>
std::int64_t ordered(T x) {  // neighbouring floats are neighbouring integers; both zeros are 0
  using bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  const bits b = std::bit_cast<bits>(x);
  return b < 0 ? std::int64_t{std::numeric_limits<bits>::min()} - b : b;
}

template <class T>
std::uint64_t ulps(T a, T b) {
  const auto x = static_cast<std::uint64_t>(ordered(a)), y = static_cast<std::uint64_t>(ordered(b));
  return ordered(a) < ordered(b) ? y - x : x - y;
}

template <class T>
bool same(T a, T b) {
  using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  return std::bit_cast<bits>(a) == std::bit_cast<bits>(b) || (a != a && b != b);
}

// One array of the library's, at an offset from a cache line.
template <class T>
struct alignas(64) storage {
  T elements[longest + offsets];
};

// One cell: a rule, an epsilon, a kind of values, exact or fast. Its reference run is made once; sizes, offsets and threads vary below.
template <class T>
class cell {
 public:
  cell(const inputs<T>& in, values kind, const update_options& options, outcome& out) : in_(in), kind_(kind), options_(options), out_(out) {
    state<T> now{in.parameters, in.accumulators};
    for (unsigned step = 0; step < steps_in_a_row; ++step) {
      if (fast()) std::fill(now.parameters.begin(), now.parameters.end(), T(0));
      reference::update(now.parameters, in.gradients[step], now.accumulators, learning_rate, options);
      expected_[step] = now;
    }
  }

  void run(std::size_t size, std::size_t offset, unsigned threads) {
    // The three arrays are displaced against each other as well.
    const std::span<T> w(w_->elements + offset, size);
    const std::span<T> g(g_->elements + 2 * offset % offsets, size), G(G_->elements + 3 * offset % offsets, size);
    std::copy_n(in_.parameters.begin(), size, w.begin());
    std::copy_n(in_.accumulators.begin(), size, G.begin());
    for (unsigned step = 0; step < steps_in_a_row; ++step) {
      std::copy_n(in_.gradients[step].begin(), size, g.begin());
      if (fast()) std::fill(w.begin(), w.end(), T(0));  // the parameter becomes the update itself
      adagrad::update(w, std::span<const T>(g), G, learning_rate, options_, {.threads = threads, .serial_below = 0});
      for (std::size_t i = 0; i < size; ++i) {
        const char* const fault = find_fault(w[i], G[i], i, step);
        if (fault == nullptr) continue;
        ++(fast() ? out_.broken : out_.differing);
        if (out_.first_failure.empty()) describe(fault, size, offset, threads, step, i, w[i], G[i]);
      }
      if (fast()) remember(w, step);
      out_.elements += size;
    }
  }

 private:
  bool fast() const { return options_.mode == arithmetic::fast; }

  // What is wrong with an element after a step, or null.
  const char* find_fault(T w, T G, std::size_t i, unsigned step) {
    const T exact = expected_[step].parameters[i];
    if (!same(G, expected_[step].accumulators[i])) return "the accumulator differs";
    if (fast()) return fast_fault(w, exact, i, step);
    return same(w, exact) ? nullptr : "the parameter differs";
  }

  // Which promise of arithmetic::fast this update breaks, if any.
  const char* fast_fault(T update, T exact, std::size_t i, unsigned step) {
    if (std::isnan(exact) || std::isinf(exact) || in_.gradients[step][i] == 0) {
      if (!same(update, exact)) return "the update is not the NaN, infinity or zero that exact gives";
    } else if (!std::isfinite(update)) {
      return "the update is not finite where exact is";
    } else if (std::isnormal(static_cast<T>(learning_rate) * in_.gradients[step][i])) {
      const std::uint64_t distance = ulps(update, exact);
      out_.largest_ulp = std::max(out_.largest_ulp, distance);
      if (distance > fast_bound<T>) return "the update is too far from the exact one";
    }
    const auto& first = first_run_[step];
    return i < first.size() && !same(update, first[i]) ? "the update depends on length, offset or threads" : nullptr;
  }

  void remember(std::span<const T> updates, unsigned step) {
    auto& first = first_run_[step];
    if (updates.size() > first.size()) first.assign(updates.begin(), updates.end());
  }

  void describe(const char* fault, std::size_t size, std::size_t offset, unsigned threads, unsigned step, std::size_t i, T w, T G) {
    const state<T>& after = expected_[step];
    const T old_w = fast() ? T(0) : step == 0 ? in_.parameters[i] : expected_[step - 1].parameters[i];
    const T old_G = step == 0 ? in_.accumulators[i] : expected_[step - 1].accumulators[i];
    const bool inside = options_.epsilon_placement == epsilon_place::inside_root;
    const bool before = options_.accumulator_used == accumulator_use::before;
    char text[1024];
    std::snprintf(text, sizeof text,
                  "%s, epsilon %g %s the root, denominator from the accumulator %s this gradient,\n"
                  "    %s values, %zu elements, offset %zu, %u thread(s), step %u, element %zu: %s\n"
                  "    before    parameter %a, gradient %a, accumulator %a, learning rate %a\n"
                  "    expected  parameter %a, accumulator %a\n"
                  "    got       parameter %a, accumulator %a",
                  fast() ? "fast" : "exact", options_.epsilon, inside ? "inside" : "outside", before ? "before" : "after", name(kind_),
                  size, offset, threads, step + 1, i, fault, double(old_w), double(in_.gradients[step][i]), double(old_G),
                  double(static_cast<T>(learning_rate)), double(after.parameters[i]), double(after.accumulators[i]), double(w), double(G));
    out_.first_failure = text;
  }

  const inputs<T>& in_;
  values kind_;
  update_options options_;
  outcome& out_;
  state<T> expected_[steps_in_a_row];
  std::vector<T> first_run_[steps_in_a_row];  // fast: what the longest run so far gave
  std::unique_ptr<storage<T>> w_ = std::make_unique<storage<T>>(), g_ = std::make_unique<storage<T>>(), G_ = std::make_unique<storage<T>>();
};

}  // namespace

template <class T>
outcome compare_with_reference(std::span<const unsigned> thread_counts) {
  outcome out;
  for (const values kind : all_values) {
    const inputs<T> in = make_inputs<T>(kind, longest);
    for (const arithmetic mode : {arithmetic::exact, arithmetic::fast})
      for (const epsilon_place place : {epsilon_place::outside_root, epsilon_place::inside_root})
        for (const accumulator_use use : {accumulator_use::after, accumulator_use::before})
          for (const double epsilon : {1e-8, 0.0, 1e-20}) {
            cell<T> c(in, kind, {epsilon, place, use, mode}, out);
            for (const std::size_t size : sizes<T>)
              for (std::size_t offset = 0; offset < offsets; ++offset) c.run(size, offset, thread_counts.front());
            // Entering a region costs milliseconds on a busy machine: the other thread counts have the longest array only, which is split.
            if (kind == values::all)
              for (const unsigned threads : thread_counts.subspan(1)) c.run(longest, threads % offsets, threads);
          }
  }
  return out;
}

template outcome compare_with_reference<float>(std::span<const unsigned>);
template outcome compare_with_reference<double>(std::span<const unsigned>);

}  // namespace adagrad::verify
