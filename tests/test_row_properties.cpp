// What must hold between one update of rows and another, or an update of dense arrays, without looking at the reference for rows.
#include <algorithm>
#include <cmath>

#include "support/bits.hpp"
#include "support/random_options.hpp"
#include "support/row_tables.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr row_accumulators both_accumulators[] = {row_accumulators::elementwise, row_accumulators::rowwise};
constexpr double rate = 0.05;

template <class T>
row_batch<T> permuted(const row_batch<T>& batch, const std::vector<std::size_t>& order) {
  row_batch<T> b = batch;
  for (std::size_t i = 0; i < order.size(); ++i) {
    b.indices[i] = batch.indices[order[i]];
    b.narrow[i] = batch.narrow[order[i]];
    std::copy_n(batch.value(order[i]), batch.width, b.memory.begin() + static_cast<std::ptrdiff_t>(b.offset + i * b.stride));
  }
  return b;
}

std::vector<std::size_t> shuffled(std::size_t count, random_bits& random) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t(0));
  for (std::size_t i = 0; i < count; ++i) std::swap(order[i], order[i + random() % (count - i)]);
  return order;
}

// Usual values, accumulators included: what training has.
template <class T>
row_table<T> usual_table(std::size_t rows, std::size_t width, row_accumulators kind, std::uint64_t seed) {
  auto t = make_row_table<T>(rows, width, kind, row_layout::packed, seed);
  random_bits random(seed);
  for (T& x : t.memory) x = usual_value<T>(random);
  for (std::size_t i = 0; i < rows; ++i) std::for_each_n(t.accumulators_of(i), t.accumulators_width, [](T& G) { G = std::abs(G); });
  return t;
}
template <class T>
row_batch<T> usual_batch(std::vector<std::int64_t> indices, std::size_t width, std::uint64_t seed) {
  auto b = make_row_batch<T>(std::move(indices), width, seed);
  random_bits random(seed);
  for (T& x : b.memory) x = usual_value<T>(random);
  return b;
}

// Every row's gradient, 0 where it has none; and how many were added up.
template <class T>
std::vector<T> scattered(const row_batch<T>& batch, std::size_t rows) {
  std::vector<T> dense(rows * batch.width, T(0));
  std::vector<bool> seen(rows);
  for (std::size_t i = 0; i < batch.indices.size(); ++i) {
    const auto r = static_cast<std::size_t>(batch.indices[i]);
    for (std::size_t j = 0; j < batch.width; ++j) {
      T& g = dense[r * batch.width + j];
      g = seen[r] ? g + batch.value(i)[j] : batch.value(i)[j];
    }
    seen[r] = true;
  }
  return dense;
}

}  // namespace

TEST_CASE_TEMPLATE("the order of distinct rows in a batch changes no bit, whatever the rule", T, float, double) {
  for (std::uint64_t seed = 1; seed <= (thin ? 10 : 100); ++seed) {
    CAPTURE(seed);
    random_bits random(seed);
    const std::size_t count = 1 + random() % 60, width = 1 + random() % 90;
    auto rule = random_rule(random);
    const auto kind = both_accumulators[seed % 2];
    if (kind == row_accumulators::rowwise) rule.accumulate_rounding = multiply_add::two_roundings;
    const auto batch = make_row_batch<T>(make_indices(count, 80, spread::distinct, random), width, random());
    const auto other = permuted(batch, shuffled(count, random));
    auto a = make_row_table<T>(80, width, kind, row_layout::strided, seed), b = a;
    for (const auto duplicates : {duplicate_rule::sum, duplicate_rule::mean, duplicate_rule::sequential, duplicate_rule::unique}) {
      update_rows(a.table(), a.accumulators(), batch.get(), rate, rule, {kind, duplicates}, {.threads = 1});
      update_rows(b.table(), b.accumulators(), other.get(), rate, rule, {kind, duplicates}, {.threads = 3, .serial_below = 0});
      CHECK(first_difference(a.memory, b.memory) == a.memory.size());  // all four rules are one where rows are distinct
    }
  }
}

TEST_CASE_TEMPLATE("a batch of distinct rows, cut into calls in any order, changes no bit", T, float, double) {
  random_bits random(3);
  for (const auto kind : both_accumulators) {
    const auto batch = make_row_batch<T>(make_indices(50, 70, spread::distinct, random), 33, 5);
    auto whole = make_row_table<T>(70, 33, kind, row_layout::interleaved, 6), pieces = whole;
    update_rows(whole.table(), whole.accumulators(), batch.get(), rate, {}, {kind});
    const row_gradients<T> all = batch.get();
    for (const std::size_t from : {40, 0, 15}) {
      const std::size_t count = from == 40 ? 10 : from == 0 ? 15 : 25;
      const std::span<const std::int64_t> ids(batch.indices.data() + from, count);
      update_rows(pieces.table(), pieces.accumulators(), row_gradients<T>{ids, {batch.value(from), count, 33, all.values.stride}}, rate, {},
                  {kind});
    }
    CHECK(first_difference(whole.memory, pieces.memory) == whole.memory.size());
  }
}

TEST_CASE_TEMPLATE("element-wise, the sum of duplicates is a dense update with the scattered gradient, on the rows that it touches", T,
                   float, double) {
  for (std::uint64_t seed = 1; seed <= (thin ? 10 : 60); ++seed) {
    CAPTURE(seed);
    random_bits random(seed);
    const std::size_t rows = 1 + random() % 40, count = random() % 90, width = 1 + random() % 70;
    const auto batch = make_row_batch<T>(make_indices(count, rows, all_spreads[seed % 3], random), width, seed);
    auto table = make_row_table<T>(rows, width, row_accumulators::elementwise, row_layout::packed, seed);
    const auto start = table;
    const auto rule = random_rule(random);
    std::vector<T> w(table.row(0), table.row(0) + rows * width), G(table.accumulators_of(0), table.accumulators_of(0) + rows * width);
    update(w, scattered(batch, rows), G, rate, rule);
    update_rows(table.table(), table.accumulators(), batch.get(), rate, rule);
    auto untouched = start;
    std::size_t wrong = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      const bool touched = std::ranges::count(batch.indices, static_cast<std::int64_t>(r)) > 0;
      for (std::size_t j = 0; j < width; ++j) {
        wrong += !same(table.row(r)[j], touched ? w[r * width + j] : untouched.row(r)[j]);
        wrong += !same(table.accumulators_of(r)[j], touched ? G[r * width + j] : untouched.accumulators_of(r)[j]);
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE_TEMPLATE("another order of duplicates changes their sum by no more than its rounding", T, float, double) {
  constexpr double unit = std::numeric_limits<T>::epsilon() / 2;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    random_bits random(seed);
    const std::size_t rows = 7, count = 60, width = 19;
    const auto batch = usual_batch<T>(make_indices(count, rows, spread::zipf, random), width, seed);
    const auto other = permuted(batch, shuffled(count, random));
    auto a = usual_table<T>(rows, width, row_accumulators::elementwise, seed), b = a;
    std::ranges::fill(a.memory, T(1)), std::ranges::fill(b.memory, T(1));
    // Epsilon 1 and G = 1: H is at least 2 and moves by less than the sum does, relative to it by less than twice as much.
    const update_options rule{.epsilon = 1};
    update_rows(a.table(), a.accumulators(), batch.get(), 1, rule);
    update_rows(b.table(), b.accumulators(), other.get(), 1, rule);
    std::vector<double> magnitude(rows * width, 0.0), appearances(rows, 0.0);
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = 0; j < width; ++j)
        magnitude[static_cast<std::size_t>(batch.indices[i]) * width + j] += std::abs(double(batch.value(i)[j]));
    for (const auto i : batch.indices) ++appearances[static_cast<std::size_t>(i)];
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t j = 0; j < width; ++j) {
        // Each of n - 1 additions rounds by at most half an ulp of a partial sum, which no order brings above the sum of magnitudes: 2 (n - 1) u S between
        // two orders. g -> g / (sqrt(1 + g*g) + 1) has a slope of at most 1/2; root, quotient and subtraction add 5 roundings of numbers below 2.
        const double bound = (appearances[r] * magnitude[r * width + j] * 1.01 + 16) * unit;
        CHECK(std::abs(double(a.row(r)[j]) - double(b.row(r)[j])) <= bound);
      }
  }
}

TEST_CASE_TEMPLATE("rows of one element: one accumulator for each element or for each row is the same", T, float, double) {
  random_bits random(17);
  for (const auto& rule : all_rules(arithmetic::exact)) {
    INFO(describe(rule));
    const auto batch = usual_batch<T>(make_indices(40, 30, spread::uniform, random), 1, random());
    auto a = usual_table<T>(30, 1, row_accumulators::elementwise, 3), b = a;
    update_rows(a.table(), a.accumulators(), batch.get(), rate, rule, {row_accumulators::elementwise});
    update_rows(b.table(), b.accumulators(), batch.get(), rate, rule, {row_accumulators::rowwise});
    CHECK(first_difference(a.memory, b.memory) == a.memory.size());
  }
}

TEST_CASE_TEMPLATE("gradients and epsilon scaled by a power of two, accumulators by its square: row-wise weights keep their bits", T, float,
                   double) {
  random_bits random(23);
  for (const int exponent : {-30, 7, 20}) {
    auto batch = usual_batch<T>(make_indices(25, 20, spread::uniform, random), 37, 29);
    auto a = usual_table<T>(20, 37, row_accumulators::rowwise, 31), b = a;
    update_rows(a.table(), a.accumulators(), batch.get(), rate, {.epsilon = 1e-3}, {row_accumulators::rowwise});
    for (T& g : batch.memory) g = std::ldexp(g, exponent);
    for (std::size_t i = 0; i < 20; ++i) *b.accumulators_of(i) = std::ldexp(*b.accumulators_of(i), 2 * exponent);
    const double epsilon = std::ldexp(static_cast<double>(T(1e-3)), exponent);
    update_rows(b.table(), b.accumulators(), batch.get(), rate, {.epsilon = epsilon}, {row_accumulators::rowwise});
    for (std::size_t i = 0; i < 20; ++i) CHECK(first_difference(std::span<const T>(a.row(i), 37), std::span<const T>(b.row(i), 37)) == 37);
  }
}

TEST_CASE_TEMPLATE("sequential is one call for each appearance; the mean of k equal gradients is that gradient for k a power of two", T,
                   float, double) {
  random_bits random(41);
  for (const auto kind : both_accumulators) {
    const auto batch = make_row_batch<T>(make_indices(60, 9, spread::zipf, random), 21, 43);
    auto a = make_row_table<T>(9, 21, kind, row_layout::strided, 44), b = a;
    update_rows(a.table(), a.accumulators(), batch.get(), rate, {}, {kind, duplicate_rule::sequential}, {.threads = 3, .serial_below = 0});
    for (std::size_t i = 0; i < 60; ++i) {
      const std::span<const std::int64_t> id(&batch.indices[i], 1);
      update_rows(b.table(), b.accumulators(), row_gradients<T>{id, {batch.value(i), 1, 21}}, rate, {}, {kind});
    }
    CHECK(first_difference(a.memory, b.memory) == a.memory.size());

    const std::vector<std::int64_t> four{5, 5, 5, 5}, one{5};
    auto equal = usual_batch<T>(four, 21, 45);
    for (std::size_t i = 1; i < 4; ++i)
      std::copy_n(equal.value(0), 21, equal.memory.begin() + static_cast<std::ptrdiff_t>(equal.offset + i * equal.stride));
    auto c = usual_table<T>(9, 21, kind, 46), d = c;
    update_rows(c.table(), c.accumulators(), equal.get(), rate, {}, {kind, duplicate_rule::mean});
    update_rows(d.table(), d.accumulators(), row_gradients<T>{one, {equal.value(0), 1, 21}}, rate, {}, {kind});
    CHECK(first_difference(c.memory, d.memory) == c.memory.size());
  }
}
