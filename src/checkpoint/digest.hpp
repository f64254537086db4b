// The check sum of checkpoints: XXH3 with 64 bits and no seed, which finds damage, not malice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace adagrad::checkpoint {

// Takes bytes in pieces of any size; how they are cut does not matter.
class digest {
 public:
  digest();
  ~digest();
  digest(digest&&) noexcept;
  digest& operator=(digest&&) noexcept;

  void add(const void* data, std::size_t size);

  // Of all bytes so far; more may follow.
  std::uint64_t value() const;
  // As if none had been added yet.
  void reset() noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

// 16 hexadecimal digits, lower case.
std::string written_digest(std::uint64_t value);

// What written_digest wrote, and nothing else.
std::optional<std::uint64_t> read_digest(std::string_view digits) noexcept;

}  // namespace adagrad::checkpoint
