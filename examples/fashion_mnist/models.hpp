/// The models to choose from.
#pragma once

#include <cstddef>
#include <span>

#include "idx.hpp"

namespace fashion {

struct model {
  const char* name;  // on the command line
  const char* description;
  std::span<const std::size_t> widths;  // see network
  double learning_rate;                 // if none is given
};

inline constexpr std::size_t softmax_widths[] = {image_size, class_count};
inline constexpr std::size_t mlp_widths[] = {image_size, 256, 128, class_count};

inline constexpr model models[] = {
    {"mlp", "MLP 784-256-128-10", mlp_widths, 0.01},  // the first is the default
    {"softmax", "softmax regression", softmax_widths, 0.05},
};

}  // namespace fashion
