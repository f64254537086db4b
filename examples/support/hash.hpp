/// A hash over bits: two runs that print the same one ended with the same numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace example {

/// 64-bit FNV-1a, of one array after the other.
class fnv1a {
 public:
  void add(std::span<const float> values) noexcept { add(std::as_bytes(values)); }

  void add(std::span<const std::byte> bytes) noexcept {
    for (const std::byte byte : bytes) {
      value_ = (value_ ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
    }
  }

  std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace example
