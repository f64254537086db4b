// Embedding tables and the batches of indices and gradients that rows of the benchmark update them with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "adagrad/rows.hpp"
#include "mapping.hpp"

namespace adagrad::bench {

inline constexpr std::size_t batch_indices = 100'000;  // of one call
inline constexpr std::size_t mean_bag = 20;            // indices

// How often the rows of a table are asked for.
enum class popularity {
  uniform,  // a batch is a random sample of the rows, without repetitions
  zipf,     // drawn with repetitions, the row of rank k with a probability like (k + 1)^-1.05
};

struct table_shape {
  std::size_t rows, width;
  popularity asked;

  std::string name() const;  // 4000000x64/uniform
};

// Where the accumulators of a row are.
enum class state_layout {
  elementwise,  // in an array of their own
  interleaved,  // behind the row's weights: [weights | accumulators], row by row
  rowwise,      // one for a row, in an array of their own
};

struct batch {
  std::vector<std::int64_t> indices;
  rows_view<const float> values;  // one row for each index
  std::size_t distinct;           // rows of the table among the indices
  // The same indices in bags of random lengths: where each begins and the last ends, and the bag of each index. The first rows of `values`
  // are the bags' gradients.
  std::vector<std::int64_t> offsets;
  std::vector<std::int32_t> bag_of;

  std::size_t bags() const { return offsets.size() - 1; }
  row_gradients<float> gradients() const { return {indices, values}; }
  bag_gradients<float> pooled() const { return {indices, offsets, {values.data, bags(), values.width}}; }
};

class embedding {
 public:
  explicit embedding(const table_shape& shape);

  rows_view<float> table(state_layout layout) const;
  rows_view<float> accumulators(state_layout layout) const;
  std::span<const batch> batches() const { return batches_; }
  // The batches in turn, from one benchmark row to the next: each touches what the call before has not brought into the caches.
  const batch& next() { return batches_[turn_++ % batches_.size()]; }
  // Gives the rows of all batches, in this layout, the numbers they start with.
  void restore(state_layout layout) const;
  // Bytes that the update of a batch must move, on average: weights and accumulators of its different rows read and written, indices and
  // gradients read.
  double bytes(state_layout layout, bool pooled) const;

 private:
  table_shape shape_;
  mapping state_, values_;
  std::vector<batch> batches_;
  std::size_t turn_ = 0;
};

// The one of a shape, restored. It is kept for the next benchmark row of the same shape and released before other arrays are made: valid until the
// next call of this or of fresh_arrays. Throws std::system_error or std::bad_alloc when there is no memory.
embedding& fresh_embedding(const table_shape& shape, state_layout layout);

// The above in a few words, for the context of the report.
inline constexpr const char* table_layout =
    "100,000 64-bit indices a call, 4 to 28 batches in turn that touch 512 MiB together; weights and accumulators in one mapping as above, "
    "starting at 0 and 1088 modulo 4096; uniform: different rows; zipf: exponent 1.05, ranks scattered";

}  // namespace adagrad::bench
