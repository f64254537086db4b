#include "embedding.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kept.hpp"
#include "start_values.hpp"

namespace adagrad::bench {
namespace {

constexpr std::size_t small_page = 4096, stagger = 1088;  // as placement::staggered
constexpr double zipf_exponent = 1.05;

// Twice the largest last-level cache this was tried on: what a call leaves there is gone when its batch comes again.
constexpr std::size_t rotation_bytes = std::size_t(512) << 20;

std::size_t batch_count(std::size_t width) {
  return std::clamp<std::size_t>(rotation_bytes / (batch_indices * width * 3 * sizeof(float)) + 1, 4, 28);
}

std::size_t accumulator_offset(const table_shape& shape) {
  return round_up(shape.rows * shape.width * sizeof(float), small_page) + stagger;
}

class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) : count_(seed << 32) {}
  std::uint64_t below(std::uint64_t bound) { return random_bits(count_++) % bound; }
  double unit() { return static_cast<double>(random_bits(count_++) >> 11) * 0x1p-53; }  // [0, 1)

 private:
  std::uint64_t count_;
};

// Samples of the rows, one after the other: the beginnings of shuffles of all.
class uniform_sampler {
 public:
  explicit uniform_sampler(std::size_t rows) : rows_(rows) { std::iota(rows_.begin(), rows_.end(), 0); }
  void fill(std::span<std::int64_t> indices, random_numbers& numbers) {
    for (std::size_t i = 0; i < indices.size(); ++i) {
      std::swap(rows_[i], rows_[i + numbers.below(rows_.size() - i)]);
      indices[i] = rows_[i];
    }
  }

 private:
  std::vector<std::int32_t> rows_;
};

class zipf_sampler {
 public:
  explicit zipf_sampler(std::size_t rows) : cumulative_(rows) {
    double sum = 0;
    for (std::size_t rank = 0; rank < rows; ++rank) cumulative_[rank] = sum += std::pow(static_cast<double>(rank + 1), -zipf_exponent);
  }
  void fill(std::span<std::int64_t> indices, random_numbers& numbers) {
    for (std::int64_t& index : indices) {
      const auto at = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, numbers.unit() * cumulative_.back());
      index = row_of(static_cast<std::uint64_t>(at - cumulative_.begin()));
    }
  }

 private:
  // The row of a rank: frequent rows lie all over the table, as in tables whose rows are hashes, not side by side on a few pages. One to one, because
  // this prime divides no number of rows here.
  std::int64_t row_of(std::uint64_t rank) const { return static_cast<std::int64_t>(rank * 2'654'435'761 % cumulative_.size()); }

  std::vector<double> cumulative_;
};

std::size_t count_distinct(std::vector<std::int64_t> indices) {
  std::sort(indices.begin(), indices.end());
  return static_cast<std::size_t>(std::unique(indices.begin(), indices.end()) - indices.begin());
}

// Lengths of 1 to 2 * mean_bag - 1, each as likely.
void lay_bags(batch& one, random_numbers& numbers) {
  const std::size_t count = one.indices.size();
  for (std::size_t begin = 0; begin < count;) {
    one.offsets.push_back(static_cast<std::int64_t>(begin));
    begin = std::min(count, begin + 1 + numbers.below(2 * mean_bag - 1));
    one.bag_of.resize(begin, static_cast<std::int32_t>(one.offsets.size() - 1));
  }
  one.offsets.push_back(static_cast<std::int64_t>(count));
}

}  // namespace

std::string table_shape::name() const {
  return std::to_string(rows) + "x" + std::to_string(width) + (asked == popularity::zipf ? "/zipf" : "/uniform");
}

embedding::embedding(const table_shape& shape)
    : shape_(shape),
      state_(2 * accumulator_offset(shape)),
      values_(batch_count(shape.width) * batch_indices * shape.width * sizeof(float)),
      batches_(batch_count(shape.width)) {
  float* values = reinterpret_cast<float*>(values_.data());
  const std::size_t count = batch_indices * shape.width;
  const auto fill = [&](auto sampler) {
    random_numbers numbers(1), lengths(2);
    for (batch& one : batches_) {
      one.indices.resize(batch_indices);
      sampler.fill(one.indices, numbers);
      one.distinct = count_distinct(one.indices);
      for (std::size_t i = 0; i < count; ++i) values[i] = start_of<float>(i, contents::plain).gradient;
      one.values = {values, batch_indices, shape.width};
      values += count;
      lay_bags(one, lengths);
    }
  };
  if (shape.asked == popularity::zipf) fill(zipf_sampler(shape.rows));
  else fill(uniform_sampler(shape.rows));
}

rows_view<float> embedding::table(state_layout layout) const {
  return {reinterpret_cast<float*>(state_.data()), shape_.rows, shape_.width,
          layout == state_layout::interleaved ? 2 * shape_.width : shape_.width};
}

rows_view<float> embedding::accumulators(state_layout layout) const {
  float* const apart = reinterpret_cast<float*>(state_.data() + accumulator_offset(shape_));
  switch (layout) {
    case state_layout::interleaved: return {table(layout).data + shape_.width, shape_.rows, shape_.width, 2 * shape_.width};
    case state_layout::rowwise: return {apart, shape_.rows, 1, 1};
    case state_layout::elementwise: break;
  }
  return {apart, shape_.rows, shape_.width, shape_.width};
}

void embedding::restore(state_layout layout) const {
  const rows_view<float> w = table(layout), G = accumulators(layout);
  for (const batch& one : batches_)
    for (const std::int64_t index : one.indices) {
      const auto row = static_cast<std::size_t>(index);
      std::fill_n(w.data + row * w.stride, w.width, start_of<float>(0, contents::plain).parameter);
      std::fill_n(G.data + row * G.stride, G.width, static_cast<float>(start_accumulator));
    }
}

double embedding::bytes(state_layout layout, bool pooled) const {
  const std::size_t of_row = 2 * sizeof(float) * (shape_.width + accumulators(layout).width);
  double sum = 0;
  for (const batch& one : batches_) {
    const std::size_t gradients = (pooled ? one.bags() : one.indices.size()) * shape_.width * sizeof(float);
    sum += static_cast<double>(one.distinct * of_row + gradients + one.indices.size() * sizeof(std::int64_t));
  }
  return sum / static_cast<double>(batches_.size());
}

embedding& fresh_embedding(const table_shape& shape, state_layout layout) {
  auto& one = *static_cast<embedding*>(kept("embedding/" + shape.name(), [&] { return std::make_shared<embedding>(shape); }));
  one.restore(layout);
  return one;
}

}  // namespace adagrad::bench
