/// Keras' view of an optimizer: the list of its weights, for programs that keep state as Keras does. adagrad::save keeps more.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "adagrad/optimizer.hpp"

namespace adagrad {

/// What Keras' `optimizer.get_weights()` returns for Adagrad: the iterations, then the accumulators of each parameter in the order in which they were added. Keras 1 left the counter
/// out, which is why its decay began anew after a restart.
struct optimizer_weights {
  std::optional<std::uint64_t> iterations{};
  std::vector<std::variant<std::vector<float>, std::vector<double>>> accumulators{};
};

/// Copies. Of a row-wise table, one number for each row. What lazy rows owe, averages and whatever else an optimizer may remember is not among Keras' weights.
ADAGRAD_API optimizer_weights get_weights(optimizer& of);

/// Takes such a list, or Keras 1's without the counter, which then stays what it is. One entry for each parameter, of its type and length, no NaN, nothing below 0: refused otherwise by
/// std::invalid_argument, with nothing changed. Rows of lazy tables pay first what they owe.
ADAGRAD_API void set_weights(optimizer& of, const optimizer_weights& weights);

}  // namespace adagrad
