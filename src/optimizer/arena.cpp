#include "optimizer/arena.hpp"

#include <sys/mman.h>

#include <cassert>
#include <cstdint>
#include <new>
#include <utility>

namespace adagrad {
namespace {

constexpr std::size_t huge_page = std::size_t(2) << 20, page = 4096, line = 64;

constexpr std::size_t round_up(std::size_t value, std::size_t unit) { return (value + unit - 1) / unit * unit; }

// Maps more than is needed and gives back what lies before the first huge page and behind the last needed page.
std::byte* map(std::size_t bytes) {
  const std::size_t mapped = bytes + huge_page;
  void* const start = mapped > bytes ? mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
  if (start == MAP_FAILED) throw std::bad_alloc();
  const auto address = reinterpret_cast<std::uintptr_t>(start);
  const std::size_t before = round_up(address, huge_page) - address, behind = huge_page - before;
  std::byte* const begin = static_cast<std::byte*>(start) + before;
  if (before > 0) munmap(start, before);
  if (behind > 0) munmap(begin + bytes, behind);
  (void)madvise(begin, bytes, MADV_HUGEPAGE);
  return begin;
}

}  // namespace

arena::arena(std::size_t bytes) : size_(bytes), mapped_(bytes >= huge_page) {
  if (mapped_) {
    size_ = round_up(bytes, page);
    begin_ = map(size_);
  } else {
    begin_ = static_cast<std::byte*>(operator new(size_, std::align_val_t(line)));
  }
}

arena::~arena() {
  if (begin_ == nullptr) return;
  if (mapped_) munmap(begin_, size_);
  else operator delete(begin_, std::align_val_t(line));
}

arena::arena(arena&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)), size_(other.size_), used_(other.used_), mapped_(other.mapped_) {}

void* arena::take(std::size_t bytes, const void* beside) noexcept {
  std::size_t at = round_up(used_, line);
  if (bytes >= placed) {
    // The distance behind `beside`, modulo a page, is to lie in [apart, page - apart].
    const auto distance = (reinterpret_cast<std::uintptr_t>(begin_ + at) - reinterpret_cast<std::uintptr_t>(beside)) % page;
    if (distance < apart) at += round_up(apart - distance, line);
    else if (distance > page - apart) at += round_up(page - distance + apart, line);
  }
  used_ = at + bytes;
  assert(used_ <= size_);
  return begin_ + at;
}

}  // namespace adagrad
