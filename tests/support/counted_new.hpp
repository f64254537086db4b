// Replaces operator new: counts allocations and bytes, and fails on demand. For one source file of a program, and one thread where the peak matters.
#pragma once

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace adagrad::test {

inline std::atomic<std::size_t> allocations{0}, bytes_in_use{0}, peak_bytes{0};  // the last: the most in use since it was set
inline std::atomic<long> until_failure{-1};  // allocations that still succeed; below 0: all

inline void* counted(void* memory) {
  if (until_failure >= 0 && until_failure-- == 0) {
    std::free(memory);
    throw std::bad_alloc();
  }
  if (memory == nullptr) throw std::bad_alloc();
  ++allocations;
  const std::size_t now = bytes_in_use += malloc_usable_size(memory);
  for (std::size_t most = peak_bytes; now > most && !peak_bytes.compare_exchange_weak(most, now);) {}
  return memory;
}

inline void release(void* memory) noexcept {
  if (memory != nullptr) bytes_in_use -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace adagrad::test

void* operator new(std::size_t size) { return adagrad::test::counted(std::malloc(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  return adagrad::test::counted(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
void operator delete(void* memory) noexcept { adagrad::test::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { adagrad::test::release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { adagrad::test::release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { adagrad::test::release(memory); }
