/// One layer of a network: outputs = inputs * weights + biases.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "support/random.hpp"

namespace fashion {

/// Inputs and outputs lie one image after the other; how many images there are follows from their lengths.
class dense_layer {
 public:
  /// All parameters are 0.
  dense_layer(std::size_t input_count, std::size_t output_count);

  /// Draws all parameters evenly from +-1/sqrt(input_count), as PyTorch's nn.Linear does.
  void randomize(example::splitmix64& random);

  void forward(std::span<const float> inputs, std::span<float> outputs) const;

  /// From the loss's derivatives by the outputs, writes the gradients, and the derivatives by the inputs unless these are empty.
  void backward(std::span<const float> inputs, std::span<const float> output_derivatives, std::span<float> input_derivatives);

  std::size_t input_count() const noexcept { return weights.size() / biases.size(); }
  std::size_t output_count() const noexcept { return biases.size(); }

  std::vector<float> weights, weight_gradients;  // for each input its weight towards each output
  std::vector<float> biases, bias_gradients;
};

}  // namespace fashion
