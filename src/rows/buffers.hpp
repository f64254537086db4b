// Memory that calls need for a while, kept from one to the next.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

#include "adagrad/rows.hpp"

namespace adagrad {

namespace rows {

// Uninitialised memory that grows and never shrinks; growing loses what is in it.
class buffer {
 public:
  // Room for `count` of T. Throws std::bad_alloc.
  template <class T>
  T* get(std::size_t count) {
    if (count > static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(T)) throw std::bad_alloc();
    const std::size_t bytes = count * sizeof(T);
    if (bytes > bytes_) {
      memory_.reset();
      bytes_ = 0;
      memory_.reset(static_cast<std::byte*>(operator new(bytes, line)));
      bytes_ = bytes;
    }
    return reinterpret_cast<T*>(memory_.get());
  }
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  static constexpr std::align_val_t line{64};
  struct release {
    void operator()(std::byte* memory) const noexcept { operator delete(memory, line); }
  };
  std::unique_ptr<std::byte, release> memory_;
  std::size_t bytes_ = 0;
};

}  // namespace rows

struct rows_workspace::buffers {
  rows::buffer items[2];    // appearances on their way to being sorted
  rows::buffer histograms;  // of digits, for each part
  rows::buffer gradients;   // of each appearance: where its bag's gradient lies
  rows::buffer factors;     // of each appearance
  rows::buffer rows;        // for each part: sums of gradients, and a row of prepared ones
  rows::buffer sums;        // squares of each row, where norms are looked at
  rows::buffer findings;    // of each part, where it is looked for what is not finite
};

}  // namespace adagrad
