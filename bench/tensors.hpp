// The tensors of a list as a trainer has them: every array an allocation of its own.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "shapes.hpp"

namespace adagrad::bench {

enum class pages {
  small,  // memory of the C library, which does not ask for huge pages
  huge,   // huge pages are asked for where an array fills one
};

// Starts at a cache line.
struct allocation {
  std::shared_ptr<void> owner;
  std::span<float> values;
};

struct tensor {
  std::span<float> parameters;
  std::span<const float> gradients;
};

// Parameters and gradients of a list, on huge pages where they are large, newly filled with the same numbers at every call. They are kept for the
// next row of the same list and threads and released before other arrays are made: valid until the next call of this or of fresh_arrays.
// Every tensor is first touched in the parts that adagrad::update makes of it.
// Throws std::system_error or std::bad_alloc when there is no memory.
std::span<const tensor> fresh_tensors(const shape_list& shapes, unsigned threads);

// Accumulators of the caller's own for them, filled and first touched likewise.
std::vector<allocation> fresh_accumulators(const shape_list& shapes, unsigned threads, pages wanted);

// The above in a few words, for the context of the report.
inline constexpr const char* tensor_layout =
    "each array of a list an allocation of its own at a cache line; parameters and gradients of 2 MiB and more in mappings with "
    "madvise(MADV_HUGEPAGE), starting at 1088 and 2176 modulo 4096";

}  // namespace adagrad::bench
