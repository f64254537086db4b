#include "dense_layer.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "blas.hpp"

namespace fashion {

dense_layer::dense_layer(std::size_t input_count, std::size_t output_count)
    : weights(input_count * output_count), weight_gradients(weights.size()), biases(output_count), bias_gradients(output_count) {}

void dense_layer::randomize(example::splitmix64& random) {
  const double bound = 1 / std::sqrt(static_cast<double>(input_count()));
  example::draw(weights, bound, random);
  example::draw(biases, bound, random);
}

void dense_layer::forward(std::span<const float> inputs, std::span<float> outputs) const {
  const std::size_t images = outputs.size() / output_count();
  for (std::size_t i = 0; i < images; ++i) {
    std::copy(biases.begin(), biases.end(), outputs.data() + i * output_count());
  }
  multiply(images, output_count(), input_count(), {inputs.data()}, {weights.data()}, 1, outputs.data());
}

void dense_layer::backward(std::span<const float> inputs, std::span<const float> output_derivatives, std::span<float> input_derivatives) {
  const std::size_t images = output_derivatives.size() / output_count();
  std::fill(bias_gradients.begin(), bias_gradients.end(), 0.0F);
  for (std::size_t i = 0; i < images; ++i) {
    const auto derivatives = output_derivatives.subspan(i * output_count(), output_count());
    std::transform(derivatives.begin(), derivatives.end(), bias_gradients.begin(), bias_gradients.begin(), std::plus<>());
  }
  multiply(input_count(), output_count(), images, {inputs.data(), true}, {output_derivatives.data()}, 0, weight_gradients.data());
  if (!input_derivatives.empty()) {
    multiply(images, input_count(), output_count(), {output_derivatives.data()}, {weights.data(), true}, 0, input_derivatives.data());
  }
}

}  // namespace fashion
