// A range of one parameter through all the stages of a step. What update and the optimizer both do, on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/table.hpp"
#include "validate/plan.hpp"

namespace adagrad::dense {

// The arrays of one parameter, `count` elements each. Those that are not used are null.
template <class T>
struct arrays {
  T* parameters;
  const T* gradients;
  T* accumulators;
  std::size_t count;
  T* gradient_sums = nullptr;  // of dual averaging
  T* averages = nullptr;
  T* pending = nullptr;  // gradients of earlier calls
};

// A parameter as an optimizer keeps it.
template <class T>
struct work : arrays<T> {
  validate::plan<T> plan;
};

// What one step adds to the plan of a parameter.
template <class T>
struct moment {
  T learning_rate;
  std::size_t resident_bytes;
  // The rest is of no concern to a plan that is plain, unless `plain` says otherwise.
  bool plain = true;
  T shrink = 0;                     // of decoupled decay
  kernels::proximal<T> proximal{};  // of the move, or of dual averaging
  T norm_factor = 1;                // of clipping by norms
  bool value_before_norm = false;   // the order of clipping
  bool dual_averaging = false;
  T pending_divisor = 1;  // where gradients are pending
  bool averages = false, average_before_constraint = false;
  kernels::averaging<T> average{};
  bool zeroes_gradients = false;
};

// The moment of a step with a rate, for an update without what only an optimizer has. Throws std::invalid_argument for what T cannot hold.
template <class T>
moment<T> make_moment(const validate::plan<T>& plan, double learning_rate, const std::string* parameter = nullptr);
// The same for dual averaging, at an iteration.
template <class T>
moment<T> make_dual_moment(const validate::plan<T>& plan, double learning_rate, std::uint64_t iteration,
                           const std::string* parameter = nullptr);

// What becomes of a gradient in this step; `pending`: others are added to it first.
template <class T>
kernels::preparation<T> prepared_now(const validate::plan<T>& plan, const moment<T>& now, bool pending);

// Bytes of parameters in a tile: with its gradients and accumulators it stays in the first cache while it passes through the stages. Work is split
// at tiles: parts begin at whole cache lines, and pages are seldom shared.
inline constexpr std::size_t tile_bytes = 4096;
template <class T>
inline constexpr std::size_t tile = tile_bytes / sizeof(T);
// Elements that go through the stages together: a little less, so that every kernel finds whole groups of vectors (of 96 or 64 floats).
template <class T>
inline constexpr std::size_t staged = 3840 / sizeof(T);

template <class T>
void sweep_tiles(const kernels::typed_table<T>& kernels, const validate::plan<T>& plan, const arrays<T>& a, const moment<T>& now,
                 std::size_t begin, std::size_t end);

template <class T>
inline void sweep_plain(const kernels::table& table, const validate::plan<T>& plan, const arrays<T>& a, T learning_rate,
                        std::size_t resident_bytes, std::size_t begin, std::size_t end) {
  kernels::dense_step<T> step = plan.step;
  step.learning_rate = learning_rate;
  step.resident_bytes = resident_bytes;
  kernels::of_type<T>(table).update(a.parameters + begin, a.gradients + begin, a.accumulators + begin, end - begin, step);
}

template <class T>
inline void sweep(const kernels::table& table, const validate::plan<T>& plan, const arrays<T>& a, const moment<T>& now, std::size_t begin,
                  std::size_t end) {
  if (plan.plain && now.plain) sweep_plain(table, plan, a, now.learning_rate, now.resident_bytes, begin, end);
  else sweep_tiles(kernels::of_type<T>(table), plan, a, now, begin, end);
}

// Finishes what comes after the move, for a range: averaging, overwriting and the constraint in their order.
template <class T>
void finish(const kernels::typed_table<T>& kernels, const validate::plan<T>& plan, const arrays<T>& a, const moment<T>& now,
            std::size_t from, std::size_t n);

}  // namespace adagrad::dense
