#include "network.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "softmax.hpp"

namespace fashion {

network::network(std::span<const std::size_t> widths, example::splitmix64& random) {
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    layers_.emplace_back(widths[i], widths[i + 1]);
  }
  outputs_.resize(layers_.size());
  derivatives_.resize(layers_.size() - 1);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    dense_layer& layer = layers_[i];
    // Units of a hidden layer that start equal stay equal, so chance tells them apart. A single layer has no such units and starts at zero.
    if (layers_.size() > 1) {
      layer.randomize(random);
    }
    const std::string name = "layer" + std::to_string(i + 1);
    tensors_.push_back({name + ".weights", layer.weights, layer.weight_gradients});
    tensors_.push_back({name + ".biases", layer.biases, layer.bias_gradients});
  }
}

double network::gradient(const batch& images) {
  const std::span<float> outputs = forward(images);
  const double loss = softmax_loss_and_derivative(outputs, images.labels());
  std::span<const float> derivatives = outputs;
  for (std::size_t i = layers_.size() - 1; i > 0; --i) {
    const std::vector<float>& inputs = outputs_[i - 1];
    std::vector<float>& input_derivatives = derivatives_[i - 1];
    input_derivatives.resize(inputs.size());
    layers_[i].backward(inputs, derivatives, input_derivatives);
    // ReLU passes on the derivative where it let the value through.
    std::transform(inputs.begin(), inputs.end(), input_derivatives.begin(), input_derivatives.begin(),
                   [](float input, float derivative) { return input > 0 ? derivative : 0; });
    derivatives = input_derivatives;
  }
  layers_[0].backward(images.pixels(), derivatives, {});
  return loss;
}

example::quality network::evaluate(const data_set& data) {
  std::vector<std::uint32_t> order(data.size());
  std::iota(order.begin(), order.end(), 0U);
  batch images;
  double loss = 0;
  std::size_t right = 0;
  for (std::size_t begin = 0; begin < order.size(); begin += images.size()) {
    constexpr std::size_t at_once = 500;
    images.load(data, std::span(order).subspan(begin, std::min(at_once, order.size() - begin)));
    const std::span<float> outputs = forward(images);
    right += count_right(outputs, images.labels());
    loss += softmax_loss(outputs, images.labels());
  }
  const auto count = static_cast<double>(data.size());
  return {loss / count, static_cast<double>(right) / count};
}

// Returns the outputs of the last layer.
std::span<float> network::forward(const batch& images) {
  std::span<const float> inputs = images.pixels();
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    outputs_[i].resize(images.size() * layers_[i].output_count());
    layers_[i].forward(inputs, outputs_[i]);
    if (i + 1 < layers_.size()) {
      for (float& output : outputs_[i]) {
        output = output < 0 ? 0 : output;
      }
    }
    inputs = outputs_[i];
  }
  return outputs_.back();
}

}  // namespace fashion
