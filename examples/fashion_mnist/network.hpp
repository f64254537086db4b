/// The model: dense layers with ReLU between them, and softmax cross-entropy at the end. With one layer it is softmax regression.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "batch.hpp"
#include "dense_layer.hpp"
#include "idx.hpp"
#include "support/random.hpp"
#include "support/softmax.hpp"

namespace fashion {

/// One array of parameters and the gradient of the loss by them; both stay where they are as long as the network lives.
struct tensor {
  std::string name;
  std::span<float> parameters;
  std::span<const float> gradients;
};

class network {
 public:
  /// `widths` lists the inputs of the first layer, then each layer's outputs, and ends with class_count.
  network(std::span<const std::size_t> widths, example::splitmix64& random);
  network(const network&) = delete;  // the copy's tensors would be those of the original

  /// "layer1.weights", "layer1.biases", "layer2.weights", ...
  const std::vector<tensor>& tensors() const noexcept { return tensors_; }

  /// Writes the gradients of the images' mean loss, the parameters as they are; returns the sum of their losses.
  double gradient(const batch& images);

  /// Loss and accuracy over all of `data`.
  example::quality evaluate(const data_set& data);

 private:
  std::span<float> forward(const batch& images);

  std::vector<dense_layer> layers_;
  std::vector<tensor> tensors_;
  std::vector<std::vector<float>> outputs_;      // of each layer, after ReLU
  std::vector<std::vector<float>> derivatives_;  // of the loss by the outputs of each layer but the last
};

}  // namespace fashion
