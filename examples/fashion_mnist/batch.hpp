/// The images of one step, as the network wants them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "idx.hpp"

namespace fashion {

class batch {
 public:
  /// Takes the images of `data` that `rows` lists, in that order, in place of those it held.
  void load(const data_set& data, std::span<const std::uint32_t> rows);

  std::size_t size() const noexcept { return labels_.size(); }
  std::span<const float> pixels() const noexcept { return pixels_; }  ///< in [0, 1], image_size for each image
  std::span<const std::uint8_t> labels() const noexcept { return labels_; }

 private:
  std::vector<float> pixels_;
  std::vector<std::uint8_t> labels_;
};

}  // namespace fashion
