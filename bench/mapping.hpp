// Memory on huge pages.
#pragma once

#include <cstddef>

namespace adagrad::bench {

inline constexpr std::size_t huge_page = 2u << 20;

constexpr std::size_t round_up(std::size_t value, std::size_t unit) { return (value + unit - 1) / unit * unit; }

// Memory of its own that asks for huge pages; untouched. Throws std::system_error when there is none.
class mapping {
 public:
  explicit mapping(std::size_t bytes);
  ~mapping();
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;

  // Its start: that of a huge page.
  std::byte* data() const;

 private:
  void* start_;
  std::size_t bytes_;
};

}  // namespace adagrad::bench
