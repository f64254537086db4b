#include "softmax.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "blas.hpp"

namespace fashion {
namespace {

constexpr int inputs = image_size;
constexpr int classes = class_count;

}  // namespace

softmax_regression::softmax_regression(std::size_t largest_batch)
    : largest_batch_(largest_batch), inputs_(largest_batch * image_size), targets_(largest_batch), outputs_(largest_batch * class_count) {}

void softmax_regression::load(const data_set& data, std::span<const std::uint32_t> rows) {
  assert(rows.size() <= largest_batch_);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint8_t* const image = data.images.data() + rows[i] * image_size;
    std::transform(image, image + image_size, inputs_.data() + i * image_size,
                   [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255; });
    targets_[i] = data.labels[rows[i]];
  }
}

// Row-major images x classes is what BLAS calls classes x images, so: outputs = weights * inputs + biases.
void softmax_regression::forward(std::size_t count, std::span<const float> parameters) {
  const auto biases = parameters.last<class_count>();
  for (std::size_t i = 0; i < count; ++i) {
    std::copy(biases.begin(), biases.end(), outputs_.data() + i * class_count);
  }
  multiply(classes, static_cast<int>(count), inputs, parameters.data(), classes, inputs_.data(), inputs, false, 1, outputs_.data(),
           classes);
}

// Turns a row's logits into probabilities.
double softmax_regression::row_loss(std::size_t row) noexcept {
  const std::span<float> values(outputs_.data() + row * class_count, class_count);
  const float largest = *std::max_element(values.begin(), values.end());  // subtracted, so that no exponential overflows
  const float target = values[targets_[row]] - largest;
  float sum = 0;
  for (float& value : values) {
    value = std::exp(value - largest);
    sum += value;
  }
  for (float& value : values) {
    value /= sum;
  }
  return std::log(static_cast<double>(sum)) - static_cast<double>(target);
}

double softmax_regression::gradient(const data_set& data, std::span<const std::uint32_t> rows, std::span<const float> parameters,
                                    std::span<float> gradients) {
  assert(parameters.size() == parameter_count && gradients.size() == parameter_count);
  load(data, rows);
  forward(rows.size(), parameters);

  double loss = 0;
  const auto bias_gradients = gradients.last<class_count>();
  std::fill(bias_gradients.begin(), bias_gradients.end(), 0.0F);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    loss += row_loss(i);
    float* const output = outputs_.data() + i * class_count;  // from here on the loss's derivative by the logits
    output[targets_[i]] -= 1;
    for (std::size_t c = 0; c < class_count; ++c) {
      output[c] /= static_cast<float>(rows.size());
      bias_gradients[c] += output[c];
    }
  }
  multiply(classes, inputs, static_cast<int>(rows.size()), outputs_.data(), classes, inputs_.data(), inputs, true, 0, gradients.data(),
           classes);
  return loss;
}

quality softmax_regression::evaluate(const data_set& data, std::span<const float> parameters) {
  assert(parameters.size() == parameter_count);
  std::vector<std::uint32_t> order(data.size());
  std::iota(order.begin(), order.end(), 0U);
  double loss = 0;
  std::size_t right = 0;
  for (std::size_t begin = 0; begin < order.size(); begin += largest_batch_) {
    const std::span rows(order.data() + begin, std::min(largest_batch_, order.size() - begin));
    load(data, rows);
    forward(rows.size(), parameters);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const float* const output = outputs_.data() + i * class_count;
      right += std::max_element(output, output + class_count) - output == targets_[i];
      loss += row_loss(i);
    }
  }
  const auto count = static_cast<double>(data.size());
  return {loss / count, static_cast<double>(right) / count};
}

}  // namespace fashion
