/// The loss: cross-entropy of the softmax of a network's outputs, class_count for each image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fashion {

/// Returns the sum of the images' losses, and turns their outputs into probabilities.
double softmax_loss(std::span<float> outputs, std::span<const std::uint8_t> labels);

/// Returns the sum of the images' losses, and turns their outputs into the derivative of the mean loss by them.
double softmax_loss_and_derivative(std::span<float> outputs, std::span<const std::uint8_t> labels);

/// How many images have their largest output, or probability, at their label.
std::size_t count_right(std::span<const float> outputs, std::span<const std::uint8_t> labels);

}  // namespace fashion
