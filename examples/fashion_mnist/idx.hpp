/// Reads the idx files, gzipped, in which MNIST and its successors are published.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace fashion {

inline constexpr std::size_t image_size = 28 * 28;
inline constexpr std::size_t class_count = 10;

/// Images, one row of image_size bytes each, and the class of each.
struct data_set {
  std::vector<std::uint8_t> images;
  std::vector<std::uint8_t> labels;

  std::size_t size() const noexcept { return labels.size(); }
};

struct data_sets {
  data_set training, test;
};

/// Reads `<folder>/<name>-images-idx3-ubyte.gz` and `<folder>/<name>-labels-idx1-ubyte.gz`. Throws std::runtime_error, which names the
/// file, what is wrong with it and what to do, unless both are whole and fit each other.
data_set read_data_set(const std::filesystem::path& folder, const char* name);

}  // namespace fashion
