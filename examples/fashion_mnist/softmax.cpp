#include "softmax.hpp"

#include <algorithm>

#include "idx.hpp"
#include "support/softmax.hpp"

namespace fashion {

double softmax_loss(std::span<float> outputs, std::span<const std::uint8_t> labels) {
  double loss = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    loss += example::softmax(outputs.subspan(i * class_count, class_count), labels[i]);
  }
  return loss;
}

double softmax_loss_and_derivative(std::span<float> outputs, std::span<const std::uint8_t> labels) {
  const double loss = softmax_loss(outputs, labels);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    outputs[i * class_count + labels[i]] -= 1;
  }
  for (float& output : outputs) {
    output /= static_cast<float>(labels.size());
  }
  return loss;
}

std::size_t count_right(std::span<const float> outputs, std::span<const std::uint8_t> labels) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = outputs.subspan(i * class_count, class_count);
    right += std::max_element(row.begin(), row.end()) - row.begin() == labels[i];
  }
  return right;
}

}  // namespace fashion
