// What one dense step is, as plain data: the hyperparameters in the compute type and the choices of the rule.
// Read by every room that calls or implements a kernel; knows nothing else.
#pragma once

#include <cstddef>

namespace adagrad::kernels {

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
};

// What becomes of a gradient before it is used: g * scale, clipped to [-clip, clip], + decay * w.
template <class T>
struct preparation {
  T scale;  // negative to climb
  T clip;   // infinite for none
  T decay;  // 0 for none: then w is not looked at
};

// What is done to parameters after they moved.
template <class T>
struct constraint {
  enum class kind : unsigned char { none, non_negative, box } what;
  T lower, upper;  // box
};

}  // namespace adagrad::kernels
