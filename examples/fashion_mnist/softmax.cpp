#include "softmax.hpp"

#include <algorithm>
#include <cmath>

#include "idx.hpp"

namespace fashion {
namespace {

double row_loss(std::span<float> row, std::uint8_t label) {
  const float largest = *std::max_element(row.begin(), row.end());  // subtracted, so that no exponential overflows
  const float target = row[label] - largest;
  float sum = 0;
  for (float& value : row) {
    value = std::exp(value - largest);
    sum += value;
  }
  for (float& value : row) {
    value /= sum;
  }
  return std::log(static_cast<double>(sum)) - static_cast<double>(target);
}

}  // namespace

double softmax_loss(std::span<float> outputs, std::span<const std::uint8_t> labels) {
  double loss = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    loss += row_loss(outputs.subspan(i * class_count, class_count), labels[i]);
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
