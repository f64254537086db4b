// Whether two stretches of memory share a byte. Nobody shares an empty one.
#pragma once

#include <cstdint>

namespace adagrad::validate {

struct byte_range {
  std::uintptr_t begin, end;
};

constexpr bool overlap(const byte_range& a, const byte_range& b) noexcept {
  return a.begin != a.end && b.begin != b.end && a.begin < b.end && b.begin < a.end;
}

}  // namespace adagrad::validate
