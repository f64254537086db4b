#include "model.hpp"

#include <algorithm>
#include <cmath>

namespace sections {
namespace {

/// sum += factor * row.
void add_scaled(std::span<float> sum, float factor, const float* row) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] += factor * row[i];
  }
}

}  // namespace

model::model(const model_shape& shape, example::splitmix64& random)
    : weights(shape.dim * shape.sections),
      weight_gradients(weights.size()),
      biases(shape.sections),
      bias_gradients(shape.sections),
      vocabulary_(shape.vocabulary),
      width_(shape.dim == 0 ? shape.sections : shape.dim) {
  embeddings.resize(vocabulary_ * width_);
  if (!linear()) {
    example::draw(embeddings, 1, random);
    example::draw(weights, 1 / std::sqrt(static_cast<double>(shape.dim)), random);
  }
}

void model::forward(const bags& texts) {
  const std::size_t sections = biases.size();
  means_.assign(texts.size() * width_, 0);
  outputs_.resize(texts.size() * sections);
  for (std::size_t text = 0; text < texts.size(); ++text) {
    const std::span mean(means_.data() + text * width_, width_);
    const auto begin = static_cast<std::size_t>(texts.offsets[text]), end = static_cast<std::size_t>(texts.offsets[text + 1]);
    for (auto i = begin; i < end; ++i) {
      add_scaled(mean, 1, embeddings.data() + static_cast<std::size_t>(texts.words[i]) * width_);
    }
    const float length = static_cast<float>(std::max<std::size_t>(end - begin, 1));  // the mean of an empty bag is 0
    for (float& value : mean) {
      value /= length;
    }
    const std::span outputs(outputs_.data() + text * sections, sections);
    std::copy(biases.begin(), biases.end(), outputs.begin());
    if (linear()) {
      add_scaled(outputs, 1, mean.data());
    } else {
      for (std::size_t i = 0; i < width_; ++i) {
        add_scaled(outputs, mean[i], weights.data() + i * sections);
      }
    }
  }
}

double model::gradient(const bags& texts) {
  const std::size_t sections = biases.size();
  forward(texts);
  mean_gradients_.resize(means_.size());
  std::fill(weight_gradients.begin(), weight_gradients.end(), 0.0F);
  std::fill(bias_gradients.begin(), bias_gradients.end(), 0.0F);
  double loss = 0;
  for (std::size_t text = 0; text < texts.size(); ++text) {
    const std::span outputs(outputs_.data() + text * sections, sections);
    loss += example::softmax(outputs, texts.labels[text]);
    outputs[texts.labels[text]] -= 1;
    for (float& value : outputs) {
      value /= static_cast<float>(texts.size());
    }
    add_scaled(bias_gradients, 1, outputs.data());
    float* const mean_gradient = mean_gradients_.data() + text * width_;
    if (linear()) {
      std::copy(outputs.begin(), outputs.end(), mean_gradient);
      continue;
    }
    for (std::size_t i = 0; i < width_; ++i) {
      const float* const row = weights.data() + i * sections;
      float sum = 0;
      for (std::size_t section = 0; section < sections; ++section) {
        sum += outputs[section] * row[section];
      }
      mean_gradient[i] = sum;
      add_scaled({weight_gradients.data() + i * sections, sections}, means_[text * width_ + i], outputs.data());
    }
  }
  return loss;
}

example::quality model::evaluate(const bags& texts) {
  forward(texts);
  double loss = 0;
  std::size_t right = 0;
  for (std::size_t text = 0; text < texts.size(); ++text) {
    const std::span outputs(outputs_.data() + text * biases.size(), biases.size());
    const auto label = texts.labels[text];
    right += std::max_element(outputs.begin(), outputs.end()) - outputs.begin() == label;
    loss += example::softmax(outputs, label);
  }
  const auto count = static_cast<double>(texts.size());
  return {loss / count, static_cast<double>(right) / count};
}

}  // namespace sections
