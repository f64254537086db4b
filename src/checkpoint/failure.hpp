// A file that is not what it should be.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace adagrad::checkpoint {

// "byte N: what is wrong"; N counts from the beginning of the file.
class format_failure : public std::runtime_error {
 public:
  format_failure(std::uint64_t offset, const std::string& what)
      : std::runtime_error("byte " + std::to_string(offset) + ": " + what), offset_(offset) {}

  std::uint64_t offset() const noexcept { return offset_; }

 private:
  std::uint64_t offset_;
};

}  // namespace adagrad::checkpoint
