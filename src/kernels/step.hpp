// What kernels are told, as plain data: hyperparameters in the compute type and the choices of the rule.
// Read by every room that calls or implements a kernel; knows nothing else.
#pragma once

#include <cstddef>
#include <limits>

namespace adagrad::kernels {

// Where a kernel that prefetches finds what is wanted next: so many bytes behind what it works on. Gradients may lie in another place altogether.
struct ahead {
  std::ptrdiff_t parameters = 1024, gradients = 1024, accumulators = 1024;
};

template <class T>
struct dense_step {
  T learning_rate;            // T(lr_t)
  T epsilon;                  // T(epsilon)
  bool epsilon_inside_root;   // H = sqrt(G + eps) instead of sqrt(G) + eps
  bool root_before_gradient;  // H is formed from G as it was before this gradient
  bool fast;                  // estimates with Newton steps instead of correctly rounded operations
  // All bytes that the calling thread goes through in this step, of which the arrays of one call may be a small piece: from the size
  // on at which they come from memory, a kernel prefetches. It never changes a bit.
  std::size_t resident_bytes = 0;
  ahead prefetch{};
  bool prefetches = false;  // from any size on
};

// What becomes of a gradient before it is used, in the order of the members; each operation is rounded.
template <class T>
struct preparation {
  T scale = 1;    // g * scale, negative to climb
  T divisor = 1;  // where gradients are pending: (g + pending) / divisor, which is negative to climb
  T factor_before_clip = 1;
  T clip = std::numeric_limits<T>::infinity();  // to [-clip, clip]
  T factor_after_clip = 1;
  T decay = 0;                  // + decay * w; 0 for none: then w is not looked at
  bool fused_decay = false;     // that in one rounding
  bool drops_vanished = false;  // 0 where the accumulator and g*g are 0
};

// G = (decay * G) + g*g, with decay 1: G + g*g.
template <class T>
struct accumulation {
  T decay = 1;
  bool fused = false;  // the sum in one rounding
};

// Proximal terms. Of the move: learning_rate * strength, which is divided by H. Of dual averaging: l1 * t, and learning_rate * l2 * t.
template <class T>
struct proximal {
  T l1 = 0, l2 = 0;  // 0 for none
};

// average = momentum * average + rest * w.
template <class T>
struct averaging {
  T momentum = 1, rest = 0;
  bool starts = false;      // average = w instead
  bool overwrites = false;  // then w = average
};

// What is done to parameters after they moved.
template <class T>
struct constraint {
  enum class kind : unsigned char { none, non_negative, box } what = kind::none;
  T lower = 0, upper = 0;  // box
};

// One row of a table and what it is updated with: gradients * factor. Accumulators are as many as elements, or one.
template <class T>
struct row {
  T* parameters;
  T* accumulators;
  const T* gradients;
  T factor;
};

// Rows one after the other; behind the first `count` the addresses of others, up to `known`, which come next. While one row is worked on, the one
// `ahead` rows later is asked for.
template <class T>
struct row_run {
  const row<T>* rows;
  std::size_t count, known, width, ahead;
};

// The longest rows that the kernel for one accumulator a row takes.
inline constexpr std::size_t longest_together = 1024;

// Sums of squares go to so many lanes, element i to lane i modulo lanes, so that their order depends on nothing else.
inline constexpr std::size_t norm_lanes = 16;
// Elements of a tile of such a sum; its lanes are added at its end.
inline constexpr std::size_t norm_tile = 4096;
// Whether a sum of squares must be formed again from scaled elements: it may be infinite, or have lost what was small.
static constexpr bool is_out_of_range(double sum) noexcept { return sum != 0 && sum == sum && !(sum >= 0x1p-900 && sum <= 0x1p1000); }

}  // namespace adagrad::kernels
