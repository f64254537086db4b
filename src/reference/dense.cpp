#include "adagrad/reference.hpp"

#include "reference/dense_loop.hpp"
#include "validate/dense.hpp"

namespace adagrad::reference {
namespace {

template <class T>
void checked_update(std::span<T> parameters, std::span<const T> gradients, std::span<T> accumulators, double learning_rate,
                    const update_options& options) {
  validate::arrays<T>(parameters, gradients, accumulators);
  const auto step = validate::step<T>(learning_rate, options);
  const auto before = validate::before_move<T>(options);
  const auto constraint = validate::constraint<T>(options.constraint);
  const T shrink = validate::shrink<T>(learning_rate, before.decoupled_decay);
  if (!before.prepares && before.accumulator_decay == 1 && shrink == 0) {
    dense_loop(parameters.data(), gradients.data(), accumulators.data(), parameters.size(), step);
    return constrain_loop(parameters.data(), parameters.size(), constraint);
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const T g = prepared(gradients[i], parameters[i], before.preparation);
    if (before.accumulator_decay != 1) accumulators[i] = before.accumulator_decay * accumulators[i];
    if (shrink != 0) parameters[i] = parameters[i] - shrink * parameters[i];
    dense_loop(&parameters[i], &g, &accumulators[i], 1, step);
    constrain_loop(&parameters[i], 1, constraint);
  }
}

}  // namespace

void update(std::span<float> parameters, std::span<const float> gradients, std::span<float> accumulators, double learning_rate,
            const update_options& options) {
  checked_update(parameters, gradients, accumulators, learning_rate, options);
}

void update(std::span<double> parameters, std::span<const double> gradients, std::span<double> accumulators, double learning_rate,
            const update_options& options) {
  checked_update(parameters, gradients, accumulators, learning_rate, options);
}

}  // namespace adagrad::reference
