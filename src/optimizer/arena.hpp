// Memory for accumulators. Stands alone.
#pragma once

#include <cstddef>

namespace adagrad {

// One block of uninitialised memory that several arrays share: no page of its own for each of a thousand small ones. From 2 MiB on it begins
// at a huge page and asks for huge ones (a wish that the system may not grant), and ends with a small one.
class arena {
 public:
  explicit arena(std::size_t bytes);  // throws std::bad_alloc
  ~arena();
  arena(arena&& other) noexcept;
  arena& operator=(arena&&) = delete;

  // The next `bytes` bytes, from a cache line on; they must have been reserved.
  // Large ones do not start near `beside` modulo 4096, because a store holds up a later load whose address agrees with its own in the low 12 bits.
  void* take(std::size_t bytes, const void* beside) noexcept;

  // What an array of so many bytes takes at most.
  static constexpr std::size_t reserve(std::size_t bytes) noexcept { return bytes + 64 + (bytes >= placed ? 2 * apart : 0); }

 private:
  static constexpr std::size_t apart = 256, placed = 16'384;  // bytes; arrays shorter than `placed` are left where they fall

  std::byte* begin_;
  std::size_t size_, used_ = 0;
  bool mapped_;
};

}  // namespace adagrad
