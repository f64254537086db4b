/// The scalar reference: the same mathematics in one plain loop, which everything else is compared with.
#pragma once

#include <span>

#include "adagrad/api.hpp"
#include "adagrad/options.hpp"

namespace adagrad::reference {

/// What adagrad::update does, one element after the other on the calling thread, always in `exact` arithmetic (options.mode is checked
/// and otherwise without meaning here). Same arguments, same errors, same bits.
ADAGRAD_API void update(std::span<float> parameters, std::span<const float> gradients, std::span<float> accumulators,
                        double learning_rate, const update_options& options = {});
ADAGRAD_API void update(std::span<double> parameters, std::span<const double> gradients, std::span<double> accumulators,
                        double learning_rate, const update_options& options = {});

}  // namespace adagrad::reference
