// What one dense step is, as plain data: the hyperparameters in the compute type and the choices of the rule.
// Read by every room that calls or implements a kernel; knows nothing else.
#pragma once

namespace adagrad::kernels {

template <class T>
struct dense_step {
  T learning_rate;            // T(lr_t)
  T epsilon;                  // T(epsilon)
  bool epsilon_inside_root;   // H = sqrt(G + eps) instead of sqrt(G) + eps
  bool root_before_gradient;  // H is formed from G as it was before this gradient
  bool fast;                  // estimates with Newton steps instead of correctly rounded operations
};

}  // namespace adagrad::kernels
