// Tables as an optimizer has them, with accumulators without gaps, and their batches: rows or bags, for the optimizer and for the scalar reference.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "adagrad/adagrad.hpp"
#include "support/bits.hpp"
#include "support/row_tables.hpp"

namespace adagrad::test {

template <class T>
struct owned_table {
  row_table<T> rows;  // what it has of accumulators is not used
  std::vector<T> G;

  rows_view<T> table() { return rows.table(); }
  rows_view<T> accumulators() { return {G.data(), rows.rows, rows.accumulators_width}; }
};

template <class T>
owned_table<T> make_owned_table(std::size_t rows, std::size_t width, row_accumulators kind, row_layout layout, std::uint64_t seed,
                                double initial_accumulator = 0) {
  owned_table<T> t{make_row_table<T>(rows, width, kind, layout, seed), {}};
  t.G.assign(rows * t.rows.accumulators_width, static_cast<T>(initial_accumulator));
  return t;
}

// One that trains: no infinities, no odd rows.
template <class T>
owned_table<T> make_usual_table(std::size_t rows, std::size_t width, row_accumulators kind, std::uint64_t seed) {
  auto t = make_owned_table<T>(rows, width, kind, row_layout::packed, seed);
  random_bits random(seed);
  for (T& x : t.rows.memory) x = static_cast<T>(random.between(-2, 2));
  return t;
}

template <class T>
struct table_batch {
  row_batch<T> rows;
  std::vector<std::int32_t> offsets{};  // empty: a gradient for each index
  std::vector<T> of_bags{}, weights{};
  pooling pooled = pooling::sum;

  bag_gradients<T> bags() const { return {rows.ids(), offsets, {of_bags.data(), offsets.size(), rows.width}, pooled, weights}; }
  void set(optimizer& o, const parameter_key& which) const {
    if (offsets.empty()) o.set_row_gradients(which, rows.get());
    else o.set_row_gradients(which, bags());
  }
  // A step of the reference.
  void step(owned_table<T>& t, double rate, const update_options& rule, const row_options& options) const {
    if (offsets.empty()) return reference::update_rows(t.table(), t.accumulators(), rows.get(), rate, rule, options);
    const std::size_t count = rows.indices.size();
    std::vector<T> values(count * rows.width);
    reference::expand({values.data(), count, rows.width}, bags());
    reference::update_rows(t.table(), t.accumulators(), {rows.ids(), {values.data(), count, rows.width}}, rate, rule, options);
  }
};

template <class T>
table_batch<T> make_table_batch(std::size_t count, std::size_t table_rows, std::size_t width, bool distinct, bool in_bags,
                                std::uint64_t seed) {
  random_bits random(seed);
  const auto how = distinct ? spread::distinct : all_spreads[random() % 4];
  table_batch<T> b{make_row_batch<T>(make_indices(count, table_rows, how, random), width, random())};
  if (!in_bags) return b;
  const std::size_t indices = b.rows.indices.size();
  for (std::size_t at = 0; at < indices || b.offsets.empty(); at += random() % 4) b.offsets.push_back(static_cast<std::int32_t>(at));
  b.of_bags.resize(b.offsets.size() * width);
  for (std::size_t i = 0; i < b.offsets.size(); ++i) fill_row(b.of_bags.data() + i * width, width, random);
  if (random() % 2) b.pooled = pooling::mean;
  if (random() % 2)
    for (std::size_t i = 0; i < indices; ++i) b.weights.push_back(usual_value<T>(random));
  return b;
}

// Usual gradients, of different rows.
template <class T>
table_batch<T> make_usual_batch(std::size_t count, std::size_t table_rows, std::size_t width, std::uint64_t seed) {
  random_bits random(seed);
  table_batch<T> b{make_row_batch<T>(make_indices(count, table_rows, spread::distinct, random), width, seed)};
  for (T& x : b.rows.memory) x = static_cast<T>(random.between(-1, 1));
  return b;
}

template <class T>
bool same_arrays(std::span<const T> a, const std::vector<T>& b) {
  return a.size() == b.size() && first_difference(a, std::span<const T>(b)) == a.size();
}
template <class T>
bool same_arrays(const std::vector<T>& a, const std::vector<T>& b) {
  return same_arrays(std::span<const T>(a), b);
}

}  // namespace adagrad::test
