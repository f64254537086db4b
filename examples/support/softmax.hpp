/// The loss, cross-entropy of the softmax, and how well a model does.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace example {

/// On the examples of the test.
struct quality {
  double loss;  ///< mean
  double accuracy;
};

/// Turns the outputs for one example into probabilities and returns its loss.
inline double softmax(std::span<float> outputs, std::size_t label) {
  const float largest = *std::max_element(outputs.begin(), outputs.end());  // subtracted, so that no exponential overflows
  const float target = outputs[label] - largest;
  float sum = 0;
  for (float& value : outputs) {
    value = std::exp(value - largest);
    sum += value;
  }
  for (float& value : outputs) {
    value /= sum;
  }
  return std::log(static_cast<double>(sum)) - static_cast<double>(target);
}

}  // namespace example
