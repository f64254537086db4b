// Bags of rows: the bits of one gradient for each index, whatever is pooled how.
#include <algorithm>

#include "support/bits.hpp"
#include "support/random_options.hpp"
#include "support/row_tables.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

// Bags of random lengths, empty ones among them, over random indices.
template <class T>
struct bag_batch {
  row_batch<T> gradients;  // one row for each bag; its indices are not used
  std::vector<std::int64_t> indices{}, offsets{};
  std::vector<std::int32_t> narrow_offsets{}, narrow_indices{};
  std::vector<T> weights{};
  pooling pooled = pooling::sum;
  bool wide_offsets = false, wide_indices = false;

  bag_gradients<T> get() const {
    return {.indices = wide_indices ? row_indices(indices) : row_indices(narrow_indices),
            .offsets = wide_offsets ? row_indices(offsets) : row_indices(narrow_offsets),
            .gradients = gradients.get().values,
            .pooled = pooled,
            .weights = weights};
  }
};

template <class T>
bag_batch<T> make_bags(std::size_t bags, std::size_t count, std::size_t table_rows, std::size_t width, spread how, random_bits& random) {
  bag_batch<T> b{.gradients = make_row_batch<T>(std::vector<std::int64_t>(bags), width, random())};
  b.indices = make_indices(bags == 0 ? 0 : count, table_rows, how, random);
  b.offsets.assign(bags, 0);
  for (std::size_t i = 1; i < bags; ++i) b.offsets[i] = static_cast<std::int64_t>(random() % (b.indices.size() + 1));
  std::ranges::sort(b.offsets);
  if (random() % 2) b.offsets.push_back(static_cast<std::int64_t>(b.indices.size()));
  if (b.offsets.size() == bags + 1 && bags == 0) b.offsets = {0};
  b.narrow_offsets.assign(b.offsets.begin(), b.offsets.end());
  b.narrow_indices.assign(b.indices.begin(), b.indices.end());
  b.pooled = random() % 2 ? pooling::mean : pooling::sum;
  b.wide_offsets = random() % 2;
  b.wide_indices = random() % 2;
  if (random() % 2) {
    b.weights.resize(b.indices.size());
    fill_row(b.weights.data(), b.weights.size(), random);
    for (T& w : b.weights)
      if (random() % 4 == 0) w = 1;
  }
  return b;
}

template <class T>
std::vector<T> expanded(const bag_gradients<T>& bags, std::size_t width) {
  std::vector<T> values(bags.indices.size() * width, T(-7));
  reference::expand({values.data(), bags.indices.size(), width}, bags);
  return values;
}

}  // namespace

TEST_CASE_TEMPLATE("bags have the bits of their expansion: sums, means, weights, empty bags, both forms of offsets, all rules", T, float,
                   double) {
  constexpr std::size_t widths[] = {1, 3, 16, 17, 64, 128, 1000};
  for (std::uint64_t seed = 1; seed <= (thin ? 30 : 300); ++seed) {
    CAPTURE(seed);
    random_bits random(seed);
    const std::size_t width = one_of(widths, random), bags = random() % 30, count = random() % (width > 500 ? 20 : 150);
    auto rule = random() % 2 ? update_options{} : random_rule(random);
    row_options rows{.accumulators = random() % 2 ? row_accumulators::rowwise : row_accumulators::elementwise,
                     .duplicates = static_cast<duplicate_rule>(random() % 4)};
    if (rows.accumulators == row_accumulators::rowwise) rule.accumulate_rounding = multiply_add::two_roundings;
    const std::size_t table_rows = 1 + count + random() % 9;
    if (random() % 4 == 0) rows.padding_index = static_cast<std::int64_t>(random() % table_rows);
    const auto how = rows.duplicates == duplicate_rule::unique ? spread::distinct : all_spreads[random() % 4];
    CAPTURE(width);
    CAPTURE(int(rows.duplicates));
    CAPTURE(int(rows.accumulators));
    const auto start = make_row_table<T>(table_rows, width, rows.accumulators, static_cast<row_layout>(random() % 3), random());
    std::vector<bag_batch<T>> batches;
    for (int step = 0; step < 3; ++step) batches.push_back(make_bags<T>(bags, count, table_rows, width, how, random));
    auto expected = start;
    for (const auto& b : batches) {
      const auto values = expanded(b.get(), width);
      const row_gradients<T> spread_out{b.get().indices, {values.data(), b.indices.size(), width}};
      reference::update_rows(expected.table(), expected.accumulators(), spread_out, 0.1, rule, rows);
    }
    for_each_isa([&](const std::string&) {
      auto ours = start;
      rows_workspace kept;
      for (std::size_t step = 0; step < batches.size(); ++step)
        update_rows(kept, ours.table(), ours.accumulators(), batches[step].get(), 0.1, rule, rows,
                    {.threads = 1 + static_cast<unsigned>((seed + step) % 3), .serial_below = 0});
      CHECK(first_difference(ours.memory, expected.memory) == ours.memory.size());
    });
  }
}

TEST_CASE_TEMPLATE("the expansion, by hand", T, float, double) {
  const std::vector<std::int32_t> ids{3, 1, 4, 1, 5, 0}, starts{0, 3, 3, 5}, closed{0, 3, 3, 5, 6};
  const std::vector<T> g{T(0.1), T(0.7), 99, 99, T(0.3), -T(0), T(0.9), T(0.2)}, weights{1, T(0.3), -2, 0, T(1.7), T(0.5)};
  const T third = T(1) / T(3);
  for (const auto& offsets : {starts, closed}) {
    bag_gradients<T> bags{.indices = ids, .offsets = offsets, .gradients = {g.data(), 4, 2}};
    CHECK(expanded(bags, 2) == std::vector<T>{g[0], g[1], g[0], g[1], g[0], g[1], g[4], g[5], g[4], g[5], g[6], g[7]});
    bags.pooled = pooling::mean;
    CHECK(expanded(bags, 2) == std::vector<T>{third * g[0], third * g[1], third * g[0], third * g[1], third * g[0], third * g[1],
                                              T(0.5) * g[4], T(0.5) * g[5], T(0.5) * g[4], T(0.5) * g[5], g[6], g[7]});
    bags.weights = weights;
    const T a = weights[1] / T(3), b = weights[2] / T(3), c = weights[4] / T(2);
    CHECK(expanded(bags, 2) == std::vector<T>{third * g[0], third * g[1], a * g[0], a * g[1], b * g[0], b * g[1], 0 * g[4], 0 * g[5],
                                              c * g[4], c * g[5], T(0.5) * g[6], T(0.5) * g[7]});
    bags.pooled = pooling::sum;
    CHECK(expanded(bags, 2) == std::vector<T>{g[0], g[1], weights[1] * g[0], weights[1] * g[1], -2 * g[0], -2 * g[1], 0 * g[4], 0 * g[5],
                                              weights[4] * g[4], weights[4] * g[5], T(0.5) * g[6], T(0.5) * g[7]});
  }
}

TEST_CASE_TEMPLATE("weights, means and the bags' borders each make a difference, on every path", T, float, double) {
  const std::vector<std::int32_t> ids{0, 1, 2, 1}, starts{0, 2}, other{0, 1};
  const std::vector<T> weights{1, 1, T(0.5), 1};
  for_each_isa([&](const std::string&) {
    for (const auto kind : {row_accumulators::elementwise, row_accumulators::rowwise})
      for (const std::size_t width : {1, 16, 40, 5000}) {
        const std::size_t G_width = kind == row_accumulators::rowwise ? 1 : width;
        std::vector<T> g(2 * width, T(0.25));
        std::fill(g.begin() + static_cast<std::ptrdiff_t>(width), g.end(), T(0.75));
        const auto trained = [&](bag_gradients<T> bags) {
          std::vector<T> w(3 * width, T(1)), G(3 * G_width, T(0.125));
          bags.indices = ids;
          bags.gradients = {g.data(), 2, width};
          update_rows({w.data(), 3, width}, {G.data(), 3, G_width}, bags, 0.1, {}, {kind}, {.threads = 2, .serial_below = 0});
          return w;
        };
        const auto plain = trained({.offsets = starts});
        CHECK(plain != trained({.offsets = other}));
        CHECK(plain != trained({.offsets = starts, .pooled = pooling::mean}));
        CHECK(plain != trained({.offsets = starts, .weights = weights}));
        CHECK(trained({.offsets = starts, .pooled = pooling::mean}) !=
              trained({.offsets = starts, .pooled = pooling::mean, .weights = weights}));
      }
  });
}

TEST_CASE("the expansion may have gaps, which stay as they are") {
  const std::vector<std::int64_t> ids{7, 8}, starts{0};
  const std::vector<float> g{1, 2};
  std::vector<float> values(7, 5.0F);
  reference::expand({values.data(), 2, 2, 4}, bag_gradients<float>{.indices = ids, .offsets = starts, .gradients = {g.data(), 1, 2}});
  CHECK(values == std::vector<float>{1, 2, 5, 5, 1, 2, 5});
}
