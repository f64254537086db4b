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
  const auto constraint = validate::constraint<T>(options.constraint);
  dense_loop(parameters.data(), gradients.data(), accumulators.data(), parameters.size(), step);
  constrain_loop(parameters.data(), parameters.size(), constraint);
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
