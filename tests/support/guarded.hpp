// An array between two pages that may not be touched: a read or write one byte outside ends the test program.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <span>

namespace adagrad::test {

template <class T>
class guarded {
 public:
  // The elements lie against the page behind them, or against the page before them.
  enum class against { end, begin };

  guarded(std::span<const T> values, against side) : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    const std::size_t bytes = values.size_bytes(), inner = (bytes + page_ - 1) / page_ * page_;
    mapped_ = inner + 2 * page_;
    void* start = mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<char*>(start);
    if (inner > 0 && mprotect(base_ + page_, inner, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    char* first = base_ + page_ + (side == against::end ? inner - bytes : 0);
    if (bytes > 0) std::memcpy(first, values.data(), bytes);
    elements_ = {reinterpret_cast<T*>(first), values.size()};
  }
  guarded(const guarded&) = delete;
  guarded& operator=(const guarded&) = delete;
  ~guarded() { munmap(base_, mapped_); }

  std::span<T> get() const { return elements_; }

 private:
  std::size_t page_, mapped_ = 0;
  char* base_ = nullptr;
  std::span<T> elements_;
};

}  // namespace adagrad::test
