// What the header of a checkpoint says: plain data.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace adagrad::checkpoint {

enum class element : unsigned char { f32, f64, u64 };

constexpr std::uint64_t size_of(element type) noexcept { return type == element::f32 ? 4 : 8; }

// As files spell it.
constexpr const char* name(element type) noexcept { return type == element::f32 ? "F32" : type == element::f64 ? "F64" : "U64"; }

struct tensor {
  std::string name;
  element type = element::f32;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0, end = 0;  // bytes, counted from where data starts

  friend bool operator==(const tensor&, const tensor&) = default;
};

// For messages: [2, 3].
inline std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string all = "[";
  for (const std::uint64_t n : shape) all.append(all.size() > 1 ? ", " : "").append(std::to_string(n));
  return all + "]";
}

struct header {
  std::map<std::string, std::string> metadata;
  std::vector<tensor> tensors;   // in order of begin
  std::uint64_t data_begin = 0;  // where data starts in the file
};

}  // namespace adagrad::checkpoint
