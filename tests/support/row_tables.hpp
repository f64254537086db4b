// Tables of rows and batches of gradients for them, from seeds: every layout in memory, every distribution of indices, values over all exponents.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "adagrad/rows.hpp"
#include "support/values.hpp"

namespace adagrad::test {

// How a table and its accumulators lie in memory: each without gaps, with gaps, or [weights | accumulators | gap] row by row.
enum class row_layout { packed, strided, interleaved };

// The views look into `memory`, all of which a test compares: nothing between rows may change.
template <class T>
struct row_table {
  std::size_t rows, width, accumulators_width;
  row_layout layout;
  std::size_t offset = 0;  // of the first element: alignments
  std::vector<T> memory{};

  std::size_t stride() const { return layout == row_layout::packed ? width : width + gap + (together() ? accumulators_width : 0); }
  std::size_t accumulators_stride() const { return together() ? stride() : accumulators_width + (layout == row_layout::packed ? 0 : gap); }
  rows_view<T> table() { return {memory.data() + offset, rows, width, layout == row_layout::packed ? 0 : stride()}; }
  rows_view<T> accumulators() {
    const std::size_t begin = offset + (together() ? width : rows * stride());
    return {memory.data() + begin, rows, accumulators_width, layout == row_layout::packed ? 0 : accumulators_stride()};
  }
  T* row(std::size_t i) { return table().data + i * stride(); }
  T* accumulators_of(std::size_t i) { return accumulators().data + i * accumulators_stride(); }

 private:
  static constexpr std::size_t gap = 3;
  bool together() const { return layout == row_layout::interleaved; }
};

// Usual values; one row in four is of another kind: anything, one odd value among usual ones, or so small or large that squares leave T's range, or double's.
template <class T>
void fill_row(T* row, std::size_t width, random_bits& random) {
  if (width == 0) return;
  for (std::size_t i = 0; i < width; ++i) row[i] = random() % 16 == 0 ? T(0) : usual_value<T>(random);
  const std::uint64_t kind = random() % 16;
  const int far = sizeof(T) == 4 ? 72 : 515;
  if (kind == 0) std::generate_n(row, width, [&] { return any_value<T>(random); });
  if (kind == 1) row[random() % width] = any_value<T>(random);
  if (kind == 2 || kind == 3)
    for (std::size_t i = 0; i < width; ++i) row[i] = std::ldexp(row[i], kind == 2 ? -far : far);
}

template <class T>
row_table<T> make_row_table(std::size_t rows, std::size_t width, row_accumulators kind, row_layout layout, std::uint64_t seed) {
  random_bits random(seed);
  const std::size_t accumulators_width = kind == row_accumulators::rowwise ? 1 : width;
  row_table<T> t{.rows = rows, .width = width, .accumulators_width = accumulators_width, .layout = layout, .offset = random() % 4};
  t.memory.resize(t.offset + rows * (t.stride() + t.accumulators_stride()) + 3);
  for (T& x : t.memory) x = usual_value<T>(random);
  for (std::size_t i = 0; i < rows; ++i) {
    fill_row(t.row(i), width, random);
    fill_row(t.accumulators_of(i), accumulators_width, random);
    // Mostly what accumulators are, but now and then below 0 or NaN: bits are promised for those too.
    for (std::size_t j = 0; j < accumulators_width; ++j)
      if (T& G = t.accumulators_of(i)[j]; random() % 16 != 0) G = std::abs(G);
  }
  return t;
}

enum class spread { uniform, zipf, equal, distinct };
inline constexpr spread all_spreads[] = {spread::uniform, spread::zipf, spread::equal, spread::distinct};

inline std::vector<std::int64_t> make_indices(std::size_t count, std::size_t rows, spread how, random_bits& random) {
  std::vector<std::int64_t> indices(count);
  const std::uint64_t one = random() % rows;
  for (auto& i : indices) {
    const double log_uniform = std::exp(random.uniform() * std::log(static_cast<double>(rows) + 1)) - 1;
    const std::uint64_t index = how == spread::equal ? one : how == spread::zipf ? static_cast<std::uint64_t>(log_uniform) : random();
    i = static_cast<std::int64_t>(index % rows);
  }
  if (how != spread::distinct) return indices;
  std::vector<std::int64_t> all(rows);
  std::iota(all.begin(), all.end(), 0);
  for (std::size_t i = 0; i < std::min(count, rows); ++i) std::swap(all[i], all[i + random() % (rows - i)]);
  all.resize(std::min(count, rows));
  return all;
}

// Indices of either width, and values with or without gaps.
template <class T>
struct row_batch {
  bool wide;
  std::size_t width, stride, offset;
  std::vector<std::int64_t> indices{};
  std::vector<std::int32_t> narrow{};
  std::vector<T> memory{};

  row_gradients<T> get() const { return {ids(), {memory.data() + offset, indices.size(), width, stride}}; }
  row_indices ids() const { return wide ? row_indices(indices) : row_indices(narrow); }
  const T* value(std::size_t i) const { return memory.data() + offset + i * stride; }
};

template <class T>
row_batch<T> make_row_batch(std::vector<std::int64_t> indices, std::size_t width, std::uint64_t seed) {
  random_bits random(seed);
  row_batch<T> b{.wide = random() % 2 == 0, .width = width, .stride = width + (random() % 2 ? 5 : 0), .offset = random() % 4};
  b.narrow.assign(indices.begin(), indices.end());
  b.indices = std::move(indices);
  b.memory.resize(b.offset + b.indices.size() * b.stride);
  for (std::size_t i = 0; i < b.indices.size(); ++i) fill_row(b.memory.data() + b.offset + i * b.stride, width, random);
  return b;
}

}  // namespace adagrad::test
