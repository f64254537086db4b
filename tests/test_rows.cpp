// adagrad::update_rows against the scalar reference, bit for bit, on every instruction set; and the reference against formulas.
#include <algorithm>

#include "support/bits.hpp"
#include "support/pool.hpp"
#include "support/row_tables.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr duplicate_rule all_duplicates[] = {duplicate_rule::sum, duplicate_rule::mean, duplicate_rule::sequential, duplicate_rule::unique};
constexpr row_accumulators both_accumulators[] = {row_accumulators::elementwise, row_accumulators::rowwise};
constexpr unsigned thread_counts[] = {1, 2, 3, 8};
constexpr double rate = 0.05;

// Three batches in a row: the reference once, then every instruction set, each step with another number of threads.
template <class T>
void check_steps(const row_table<T>& start, const std::vector<row_batch<T>>& batches, const update_options& rule, const row_options& rows,
                 std::uint64_t seed) {
  std::vector<row_table<T>> expected;
  for (row_table<T> now = start; const auto& batch : batches) {
    reference::update_rows(now.table(), now.accumulators(), batch.get(), rate, rule, rows);
    expected.push_back(now);
  }
  for_each_isa([&](const std::string&) {
    auto ours = start;
    rows_workspace kept;
    for (std::size_t step = 0; step < batches.size(); ++step) {
      const threading how{.threads = thread_counts[(seed + step) % 4], .serial_below = 0};
      const auto before = batches[step];
      if (step == 0) update_rows(ours.table(), ours.accumulators(), batches[step].get(), rate, rule, rows, how);
      else update_rows(kept, ours.table(), ours.accumulators(), batches[step].get(), rate, rule, rows, how);
      CHECK(first_difference(ours.memory, expected[step].memory) == ours.memory.size());
      CHECK(first_difference(batches[step].memory, before.memory) == before.memory.size());  // only read
    }
    ++seed;
  });
}

template <class T>
void check_shape(std::size_t width, std::size_t count, duplicate_rule duplicates, row_accumulators kind, std::uint64_t seed) {
  CAPTURE(width);
  CAPTURE(count);
  CAPTURE(int(duplicates));
  CAPTURE(int(kind));
  CAPTURE(seed);
  random_bits random(seed);
  const bool distinct = duplicates == duplicate_rule::unique;
  const std::size_t table_rows = distinct ? count + 1 + random() % 9 : 1 + random() % (count / 2 + 9);
  const auto layout = static_cast<row_layout>(random() % 3);
  const auto how = distinct ? spread::distinct : all_spreads[random() % 4];
  CAPTURE(int(layout));
  CAPTURE(int(how));
  const auto rules = all_rules(random() % 4 == 0 ? arithmetic::fast : arithmetic::exact);
  const auto rule = random() % 3 == 0 ? update_options{} : rules[random() % rules.size()];
  INFO(describe(rule));
  row_options rows{.accumulators = kind, .duplicates = duplicates};
  if (random() % 4 == 0) rows.padding_index = static_cast<std::int64_t>(random() % table_rows);
  std::vector<row_batch<T>> batches;
  for (int step = 0; step < 3; ++step) batches.push_back(make_row_batch<T>(make_indices(count, table_rows, how, random), width, random()));
  check_steps(make_row_table<T>(table_rows, width, kind, layout, seed), batches, rule, rows, seed);
}

}  // namespace

TEST_CASE_TEMPLATE("the reference's bits: widths, batches, layouts, all kinds of indices, duplicates, threads; three steps in a row", T,
                   float, double) {
  std::uint64_t seed = 1;
  for (const std::size_t width : {1, 3, 16, 17, 64, 128, 1000, 5000})
    for (const std::size_t count : {0, 1, 10, 1000}) {
      if (thin && count * width > 20'000) continue;
      const std::size_t affordable = std::min(count, std::max<std::size_t>(10, 150'000 / width));
      for (const auto duplicates : all_duplicates)
        for (const auto kind : both_accumulators) check_shape<T>(width, affordable, duplicates, kind, ++seed);
    }
}

TEST_CASE_TEMPLATE("the reference's bits: every width up to several vectors, where loops end", T, float, double) {
  std::uint64_t seed = 1000;
  for (std::size_t width = 1; width <= (thin ? 40 : 150); ++width)
    for (const auto kind : both_accumulators) check_shape<T>(width, 12, all_duplicates[seed % 3], kind, seed + 1), ++seed;
}

TEST_CASE_TEMPLATE("a row's result depends neither on the other rows of the batch nor on its place", T, float, double) {
  for (const auto kind : both_accumulators)
    for (const std::size_t width : {1, 5, 64, 1000}) {
      const auto start = make_row_table<T>(20, width, kind, row_layout::strided, 7);
      random_bits random(8);
      const auto batch = make_row_batch<T>(make_indices(20, 20, spread::distinct, random), width, 9);
      auto alone = start, together = start;
      for (std::size_t i = 0; i < batch.indices.size(); ++i) {
        const std::int64_t index[] = {batch.indices[i]};
        update_rows(alone.table(), alone.accumulators(), row_gradients<T>{index, {batch.value(i), 1, width}}, rate, {}, {kind});
      }
      update_rows(together.table(), together.accumulators(), batch.get(), rate, {}, {kind}, {.threads = 3, .serial_below = 0});
      CHECK(first_difference(alone.memory, together.memory) == alone.memory.size());
    }
}

TEST_CASE("an executor's tasks, in whatever order, give the same bits") {
  for (const auto kind : both_accumulators)
    for (const auto duplicates : all_duplicates) {
      const auto how = duplicates == duplicate_rule::unique ? spread::distinct : spread::zipf;
      random_bits random(31);
      const auto batch = make_row_batch<float>(make_indices(700, 900, how, random), 24, 32);
      auto ours = make_row_table<float>(900, 24, kind, row_layout::interleaved, 33), expected = ours;
      reference::update_rows(expected.table(), expected.accumulators(), batch.get(), rate, {}, {kind, duplicates});
      int calls = 0;
      const executor pool{4, &calls, run_backwards};
      update_rows(ours.table(), ours.accumulators(), batch.get(), rate, {}, {kind, duplicates},
                  {.threads = 3, .serial_below = 0, .pool = &pool});
      CHECK(calls > 0);
      CHECK(first_difference(ours.memory, expected.memory) == ours.memory.size());
    }
}

TEST_CASE_TEMPLATE("formulas, by hand: duplicates summed, averaged, one after the other; element-wise and row-wise", T, float, double) {
  const std::vector<std::int32_t> ids{2, 0, 2, 2};
  const std::vector<T> values{T(0.1), T(0.2), 1, 2, T(0.3), T(0.4), T(0.5), T(0.7)};
  const T lr = T(rate), eps = T(1e-8), third = 3;
  for (const bool scalar : {false, true})
    for (const auto kind : both_accumulators)
      for (const auto duplicates : {duplicate_rule::sum, duplicate_rule::mean, duplicate_rule::sequential}) {
        std::vector<T> w{1, 2, 3, 4, 5, 6}, G(kind == row_accumulators::rowwise ? 3 : 6, T(0.25));
        auto expected_w = w, expected_G = G;
        const auto move = [&](std::size_t row, T g0, T g1) {
          if (kind == row_accumulators::rowwise) {
            expected_G[row] += T((double(g0) * double(g0) + double(g1) * double(g1)) / 2);
            expected_w[2 * row] -= (lr * g0) / (std::sqrt(expected_G[row]) + eps);
            expected_w[2 * row + 1] -= (lr * g1) / (std::sqrt(expected_G[row]) + eps);
            return;
          }
          for (std::size_t j = 0; j < 2; ++j) {
            const T g = j == 0 ? g0 : g1;
            expected_G[2 * row + j] += g * g;
            expected_w[2 * row + j] -= (lr * g) / (std::sqrt(expected_G[2 * row + j]) + eps);
          }
        };
        move(0, 1, 2);
        const T sum0 = (T(0.1) + T(0.3)) + T(0.5), sum1 = (T(0.2) + T(0.4)) + T(0.7);
        if (duplicates == duplicate_rule::sum) move(2, sum0, sum1);
        if (duplicates == duplicate_rule::mean) move(2, sum0 / third, sum1 / third);
        if (duplicates == duplicate_rule::sequential) move(2, T(0.1), T(0.2)), move(2, T(0.3), T(0.4)), move(2, T(0.5), T(0.7));
        const rows_view<T> table{w.data(), 3, 2}, accumulators{G.data(), 3, G.size() / 3};
        const row_gradients<T> batch{.indices = ids, .values = {values.data(), 4, 2}};
        if (scalar) reference::update_rows(table, accumulators, batch, rate, {}, {kind, duplicates});
        else update_rows(table, accumulators, batch, rate, {}, {kind, duplicates});
        CHECK(w == expected_w);
        CHECK(G == expected_G);
      }
}

TEST_CASE_TEMPLATE("the sum of one gradient is that gradient, zeros of either sign too", T, float, double) {
  const std::vector<std::int64_t> ids{0, 1, 1};
  const std::vector<T> values{-T(0), -T(0), -T(0)};
  for (const bool scalar : {false, true}) {
    std::vector<T> w{-T(0), -T(0)}, G{1, 1};
    const rows_view<T> table{w.data(), 2, 1}, accumulators{G.data(), 2, 1};
    const row_gradients<T> batch{ids, {values.data(), 3, 1}};
    // w - (lr * -0) / H is -0 + 0 = 0: a gradient of +0 would have left -0.
    if (scalar) reference::update_rows(table, accumulators, batch, rate);
    else update_rows(table, accumulators, batch, rate);
    CHECK(bits(w[0]) == bits(T(0)));
    CHECK(bits(w[1]) == bits(T(0)));
  }
}

TEST_CASE("the report names the threads that ran; few rows are not split") {
  std::vector<float> w(64 * 100, 1), G(64 * 100, 0), g(64 * 100, 1);
  std::vector<std::int32_t> ids(100);
  std::iota(ids.begin(), ids.end(), 0);
  const auto step = [&](const threading& how) {
    return update_rows({w.data(), 100, 64}, {G.data(), 100, 64}, row_gradients<float>{ids, {g.data(), 100, 64}}, rate, {}, {}, how).threads;
  };
  CHECK(step({.threads = 1, .serial_below = 0}) == 1);
  CHECK(step({.threads = 2}) == 1);
  CHECK(step({.threads = 2, .serial_below = 0}) >= 1);
  CHECK(step({.threads = 2, .serial_below = 0}) <= 2);
}
