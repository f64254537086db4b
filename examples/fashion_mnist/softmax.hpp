/// Softmax regression with cross-entropy loss. All parameters lie in one flat array, so that one update covers them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "idx.hpp"

namespace fashion {

/// For each input its weight towards each class, then one bias for each class.
inline constexpr std::size_t parameter_count = image_size * class_count + class_count;

struct quality {
  double loss;  ///< mean cross-entropy
  double accuracy;
};

class softmax_regression {
 public:
  explicit softmax_regression(std::size_t largest_batch);

  /// Sums over the batch (the images of `data` that `rows` lists, at most largest_batch), the parameters as they are: returns the sum of
  /// the cross-entropies, and writes the gradient of their mean.
  double gradient(const data_set& data, std::span<const std::uint32_t> rows, std::span<const float> parameters, std::span<float> gradients);

  /// Loss and accuracy over all of `data`.
  quality evaluate(const data_set& data, std::span<const float> parameters);

 private:
  void load(const data_set& data, std::span<const std::uint32_t> rows);
  void forward(std::size_t count, std::span<const float> parameters);
  double row_loss(std::size_t row) noexcept;

  std::size_t largest_batch_;
  std::vector<float> inputs_;          // the batch's pixels in [0, 1], one image after the other
  std::vector<std::uint8_t> targets_;  // its labels
  std::vector<float> outputs_;         // class_count for each image: logits, then probabilities
};

}  // namespace fashion
