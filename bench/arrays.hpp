// The arrays a row works on: where they lie, what they hold.
#pragma once

#include <cstddef>
#include <span>

#include "start_values.hpp"

namespace adagrad::bench {

// Where the arrays start. A store whose address agrees with that of a later load in the low 12 bits holds that load up.
enum class placement {
  staggered,  // 0, 1088 and 2176 bytes (17 and 34 cache lines) modulo 4096
  aliased,    // all at 0 modulo 4096
};

template <class T>
struct arrays {
  std::span<T> parameters, gradients, accumulators;
};

// The three arrays, newly filled with the same numbers at every call. They lie in one mapping that starts at 2 MiB and asks for huge pages,
// each part first touched by the thread that works on it; it is kept for the next row of the same size and threads and released before
// another is made. So they are valid until the next call. Throws std::system_error when there is no memory.
template <class T>
arrays<T> fresh_arrays(std::size_t count, unsigned threads, placement where = placement::staggered, contents what = contents::plain);

// The above in a few words, for the context of the report.
inline constexpr const char* array_layout =
    "parameters, gradients, accumulators in one 2 MiB-aligned mapping with madvise(MADV_HUGEPAGE), starting at 0, 1088, 2176 modulo 4096";

}  // namespace adagrad::bench
