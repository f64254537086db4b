#include "batch.hpp"

#include <algorithm>

namespace fashion {

void batch::load(const data_set& data, std::span<const std::uint32_t> rows) {
  pixels_.resize(rows.size() * image_size);
  labels_.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint8_t* const image = data.images.data() + rows[i] * image_size;
    std::transform(image, image + image_size, pixels_.data() + i * image_size,
                   [](std::uint8_t pixel) { return static_cast<float>(pixel) / 255; });
    labels_[i] = data.labels[rows[i]];
  }
}

}  // namespace fashion
