#include "mapping.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

namespace adagrad::bench {

mapping::mapping(std::size_t bytes) : bytes_(round_up(bytes, huge_page) + huge_page) {
  start_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start_ == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "no memory for " + std::to_string(bytes_ >> 20) + " MiB of arrays");
  (void)madvise(start_, bytes_, MADV_HUGEPAGE);  // a wish: the report's context says what the system makes of it
}

mapping::~mapping() { munmap(start_, bytes_); }

std::byte* mapping::data() const {
  const auto address = reinterpret_cast<std::uintptr_t>(start_);
  return static_cast<std::byte*>(start_) + (round_up(address, huge_page) - address);
}

}  // namespace adagrad::bench
