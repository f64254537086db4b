/// Learning-rate schedules.
#pragma once

#include <cstdint>

namespace adagrad {

/// Keras 1's decay: learning_rate * (1 / (1 + decay * iterations)), in double, in this association. `iterations` counts the steps finished
/// before this one, 0 for the first; beyond 2^53 it is rounded to double. Does not check its arguments: `update` refuses a
/// rate that is not finite or negative.
constexpr double inverse_time(double learning_rate, double decay, std::uint64_t iterations) noexcept {
  return learning_rate * (1.0 / (1.0 + decay * static_cast<double>(iterations)));
}

}  // namespace adagrad
