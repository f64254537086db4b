// The script rows-v1: 80 steps on the rows of tables with a decaying rate, over float and double: accumulators for each element and for each row, all rules for
// duplicates, bags. FROZEN: its constant is printed in places this code cannot reach. tests/golden/rows_v1.py is the same in numpy.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "adagrad/schedule.hpp"
#include "verify/scripts.hpp"
#include "verify/sha256.hpp"
#include "verify/splitmix64.hpp"

namespace adagrad::verify {
namespace {

static_assert(std::endian::native == std::endian::little, "the hash is over little-endian bytes");

constexpr double learning_rate = 0.05, decay = 0.003;
constexpr unsigned steps = 80;

enum class weighted { no, yes };

// Rows are a prime number where duplicates are excluded. With bags, so many; otherwise each index has a gradient of its own.
struct run {
  std::size_t rows, width, indices;
  row_accumulators accumulators;
  duplicate_rule duplicates;
  update_options rule{};
  double group_lasso = 0;
  std::int64_t padding = -1;
  std::size_t bags = 0;
  pooling pooled = pooling::sum;
  weighted weights = weighted::no;
};

constexpr auto each = row_accumulators::elementwise, one = row_accumulators::rowwise;
constexpr auto inside = epsilon_place::inside_root;
constexpr auto before = accumulator_use::before;
constexpr run runs[] = {
    {40, 17, 50, each, duplicate_rule::sum},
    {40, 33, 45, each, duplicate_rule::mean, {.epsilon = 1e-7, .epsilon_placement = inside}},
    {9, 64, 25, each, duplicate_rule::sequential, {.epsilon = 0, .accumulator_used = before}, 0, 4},
    {41, 5, 30, each, duplicate_rule::unique},
    {40, 64, 50, one, duplicate_rule::sum},
    {40, 19, 45, one, duplicate_rule::mean, {.epsilon = 0, .accumulator_used = before}, 0, 1},
    {9, 3, 25, one, duplicate_rule::sequential, {.epsilon = 1e-7, .epsilon_placement = inside}},
    {41, 100, 30, one, duplicate_rule::unique, {}, 0.05},
    {4, 4099, 4, one, duplicate_rule::sum},
    {40, 32, 60, each, duplicate_rule::sum, {}, 0, -1, 20, pooling::sum, weighted::yes},
    {40, 21, 60, one, duplicate_rule::sum, {}, 0, -1, 20, pooling::mean, weighted::no},
    {40, 8, 60, one, duplicate_rule::mean, {.weight_decay = 0.01}, 0, -1, 20, pooling::mean, weighted::yes},
};

// Three exponents in four are near 0. Of the others a quarter each is so small, or so large, that squares of doubles leave the range in which they are summed as they are,
// and the rest lies anywhere between. With bags all are near 0.
template <class T>
int exponent(std::uint64_t z, bool bags) {
  constexpr int lowest = sizeof(T) == 4 ? -45 : -514, highest = sizeof(T) == 4 ? 50 : 503;
  constexpr unsigned far = sizeof(T) == 4 ? 10 : 60, range = highest - lowest + 1;
  const auto low = static_cast<std::uint32_t>(z);
  const std::uint64_t kind = bags ? 15 : z >> 60;
  if (kind == 0) return lowest + static_cast<int>(low % far);
  if (kind == 1) return highest - static_cast<int>(low % 8);
  return kind < 4 ? lowest + static_cast<int>(low % range) : -static_cast<int>(low % 20);
}

// An odd integer of as many bits as T's significand, times a power of two, either sign; one in 16 is 0. Exact.
template <class T>
T value(std::uint64_t z, int scale) {
  constexpr int digits = std::numeric_limits<T>::digits;
  const T size = std::ldexp(static_cast<T>(z >> (64 - digits) | 1), scale - digits - static_cast<int>(z & 7));
  return (z >> 4 & 15) == 0 ? T(0) : z >> 3 & 1 ? -size : size;
}

template <class T>
using index_type = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

template <class T>
class table_run {
 public:
  table_run(const subject& who, const run& r, std::uint64_t seed, bool interleaved)
      : who_(who), r_(r), random_{seed}, exponents_(r.rows), G_width_(r.accumulators == each ? r.width : 1) {
    const std::size_t together = r.width + G_width_ + 1;
    memory_.resize(r.rows * together);
    T* const G = memory_.data() + (interleaved ? r.width : r.rows * r.width);
    table_ = {memory_.data(), r.rows, r.width, interleaved ? together : r.width};
    accumulators_ = {G, r.rows, G_width_, interleaved ? together : G_width_};
    for (int& e : exponents_) e = exponent<T>(random_(), r.bags > 0);
    each_element(table_, [&](T& w, std::size_t) { w = value<T>(random_(), 2); });
    each_element(accumulators_, [&](T& a, std::size_t row) {
      const std::uint64_t z = random_();
      a = z >> 62 == 0 ? T(0) : std::ldexp(static_cast<T>(1 + (z & 255)), 2 * exponents_[row] - 8);
    });
  }

  void train() {
    for (unsigned it = 0; it < steps; ++it) {
      draw_indices();
      const row_options options{.accumulators = r_.accumulators,
                                .duplicates = r_.duplicates,
                                .padding_index = r_.padding < 0 ? std::nullopt : std::optional(r_.padding),
                                .group_lasso = r_.group_lasso};
      const double rate = inverse_time{learning_rate, decay}(it);
      if (r_.bags > 0) who_.update_rows<T>(table_, accumulators_, draw_bags(), rate, r_.rule, options);
      else who_.update_rows<T>(table_, accumulators_, draw_gradients(), rate, r_.rule, options);
    }
  }

  void hash(sha256& hash) const {
    for (const auto& view : {table_, accumulators_})
      for (std::size_t i = 0; i < view.rows; ++i) hash.add(view.data + i * view.stride, view.width * sizeof(T));
  }

 private:
  template <class Body>
  static void each_element(const rows_view<T>& view, const Body& body) {
    for (std::size_t i = 0; i < view.rows; ++i)
      for (std::size_t j = 0; j < view.width; ++j) body(view.data[i * view.stride + j], i);
  }

  // Half of the indices are in the first eighth of the table, or else all differ.
  void draw_indices() {
    indices_.resize(r_.indices);
    std::uint64_t first = 0, stride = 0;
    for (std::size_t i = 0; i < r_.indices; ++i) {
      const std::uint64_t z = random_(), high = z >> 32;
      if (i == 0) first = high % r_.rows;
      if (i == 1) stride = 1 + high % (r_.rows - 1);
      const bool unique = r_.duplicates == duplicate_rule::unique;
      indices_[i] = static_cast<index_type<T>>(unique ? i : high % (z & 1 ? r_.rows : 1 + r_.rows / 8));
    }
    if (r_.duplicates != duplicate_rule::unique) return;
    for (auto& i : indices_) i = static_cast<index_type<T>>((first + static_cast<std::uint64_t>(i) * stride) % r_.rows);
  }

  row_gradients<T> draw_gradients() {
    values_.resize(r_.indices * r_.width);
    for (std::size_t i = 0; i < r_.indices; ++i)
      for (std::size_t j = 0; j < r_.width; ++j)
        values_[i * r_.width + j] = value<T>(random_(), exponents_[static_cast<std::size_t>(indices_[i])]);
    return {indices_, {values_.data(), r_.indices, r_.width}};
  }

  // Of 0 to 4 indices each; the last has what is left. The doubles say where that ends.
  bag_gradients<T> draw_bags() {
    offsets_.assign(r_.bags, 0);
    for (std::size_t b = 1; b < r_.bags; ++b)
      offsets_[b] =
          static_cast<index_type<T>>(std::min<std::uint64_t>(r_.indices, static_cast<std::uint64_t>(offsets_[b - 1]) + random_() % 5));
    if (sizeof(T) == 8) offsets_.push_back(static_cast<index_type<T>>(r_.indices));
    values_.resize(r_.bags * r_.width);
    for (std::size_t b = 0; b < r_.bags; ++b)
      for (std::size_t j = 0; j < r_.width; ++j) values_[b * r_.width + j] = value<T>(random_(), -static_cast<int>(b % 12));
    weights_.resize(r_.weights == weighted::yes ? r_.indices : 0);
    for (T& w : weights_) w = (static_cast<T>(random_() >> 61) - 2) / 4;
    return {indices_, offsets_, {values_.data(), r_.bags, r_.width}, r_.pooled, weights_};
  }

  const subject& who_;
  const run& r_;
  splitmix64 random_;
  std::vector<int> exponents_;
  std::size_t G_width_;
  std::vector<T> memory_, values_, weights_;
  std::vector<index_type<T>> indices_, offsets_;
  rows_view<T> table_, accumulators_;
};

template <class T>
void hash_run(const subject& who, const run& r, std::uint64_t seed, sha256& hash) {
  table_run<T> t(who, r, seed, seed % 2 == 1);
  t.train();
  t.hash(hash);
}

}  // namespace

std::string rows_v1(const subject& who) {
  sha256 hash;
  std::uint64_t seed = 200;
  for (const run& r : runs) {
    hash_run<float>(who, r, ++seed, hash);
    hash_run<double>(who, r, seed, hash);
  }
  return hash.hex();
}

}  // namespace adagrad::verify
