// What belongs to single rows: coupled decay by how often a row was touched, and norms that are held row by row.
#include <map>

#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"
#include "support/tables.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr std::size_t table_rows = 40, width = 7;
constexpr duplicate_rule all_duplicates[] = {duplicate_rule::sum, duplicate_rule::mean, duplicate_rule::sequential, duplicate_rule::unique};
constexpr row_accumulators both_accumulators[] = {row_accumulators::elementwise, row_accumulators::rowwise};

// The part of a batch that belongs to one row, in its order: what the reference is given for it alone.
template <class T>
struct of_one_row {
  std::vector<std::int64_t> indices{};
  std::vector<T> values{};
  row_gradients<T> get() const { return {indices, {values.data(), indices.size(), width}}; }
};

template <class T>
std::map<std::int64_t, of_one_row<T>> by_row(const table_batch<T>& batch) {
  std::map<std::int64_t, of_one_row<T>> rows;
  for (std::size_t i = 0; i < batch.rows.indices.size(); ++i) {
    auto& row = rows[batch.rows.indices[i]];
    row.indices.push_back(batch.rows.indices[i]);
    row.values.insert(row.values.end(), batch.rows.value(i), batch.rows.value(i) + width);
  }
  return rows;
}

template <class T>
table_batch<T> batch_for(duplicate_rule duplicates, std::uint64_t seed) {
  return make_table_batch<T>(30, table_rows, width, duplicates == duplicate_rule::unique, false, seed);
}

}  // namespace

TEST_CASE_TEMPLATE("counter_halflife: row by row, the decay is T(weight_decay * halflife / calls that touched the row, this one included)",
                   T, float, double) {
  std::uint64_t seed = 1;
  for (const auto kind : both_accumulators)
    for (const auto duplicates : all_duplicates)
      for (const unsigned threads : {1u, 2u, 8u}) {
        CAPTURE(int(kind));
        CAPTURE(int(duplicates));
        CAPTURE(threads);
        const update_options rule{.weight_decay = 0.3};
        auto ours = make_usual_table<T>(table_rows, width, kind, ++seed), expected = ours;
        optimizer o({.learning_rate = 0.1, .how = {.threads = threads, .serial_below = 0}});
        o.add_table("t", ours.table(), {.accumulators = kind, .duplicates = duplicates, .padding_index = 4, .counter_halflife = 7},
                    {.rule = rule});
        std::map<std::int64_t, int> calls;
        for (int step = 0; step < 10; ++step) {
          const auto batch = batch_for<T>(duplicates, ++seed);
          batch.set(o, "t");
          o.step();
          for (const auto& [row, gradients] : by_row(batch)) {
            auto own = rule;
            own.weight_decay = static_cast<double>(static_cast<T>(0.3 * 7 / ++calls[row]));
            reference::update_rows(expected.table(), expected.accumulators(), gradients.get(), 0.1, own, {kind, duplicates, 4});
          }
          CHECK(same_arrays(ours.rows.memory, expected.rows.memory));
          CHECK(same_arrays(o.template accumulators<T>("t"), expected.G));
        }
      }
}

TEST_CASE("counter_halflife, by hand: a row in three of four calls, twice in one of them; steps that are skipped do not count") {
  // With an epsilon of 0, G of 0 and gradients of 0 the accumulator is the square of the decay's part.
  for (const auto duplicates : {duplicate_rule::sum, duplicate_rule::sequential}) {
    std::vector<double> w{1}, g{0, 0};
    const std::vector<std::int32_t> once{0}, twice{0, 0}, none;
    optimizer o({.learning_rate = 0, .non_finite = non_finite_policy::skip});
    o.add_table("t", rows_view<double>{w.data(), 1, 1}, {.duplicates = duplicates, .counter_halflife = 2}, {.rule = {.weight_decay = 0.5}});
    double expected = 0;
    const auto call = [&](const std::vector<std::int32_t>& ids, double added) {
      o.set_row_gradients("t", row_gradients<double>{ids, {g.data(), ids.size(), 1}});
      o.step();
      CHECK(o.accumulators<double>("t")[0] == (expected += added));
    };
    call(once, 1);  // (0.5 * 2 / 1)²
    call(none, 0);
    call(twice, duplicates == duplicate_rule::sum ? 0.25 : 0.5);  // (0.5 * 2 / 2)², for each appearance
    g[0] = std::numeric_limits<double>::infinity();
    call(once, 0);
    g[0] = 0;
    call(once, (1.0 / 3) * (1.0 / 3));
    o.reset();
    expected = 0;
    call(once, 1);
  }
}

TEST_CASE("counter_halflife follows a weight_decay that changes, and is refused one that is gone") {
  std::vector<double> w{1}, g{0};
  const std::vector<std::int32_t> once{0};
  optimizer o({.learning_rate = 0});
  o.add_table("t", rows_view<double>{w.data(), 1, 1}, {.counter_halflife = 2}, {.rule = {.weight_decay = 0.5}});
  o.set_row_gradients("t", row_gradients<double>{once, {g.data(), 1, 1}});
  o.step();
  o.change_options("t", [](parameter_options& p) { p.rule.weight_decay = 1; });
  o.step();
  CHECK(o.accumulators<double>("t")[0] == 2);  // 1² + (1 * 2 / 2)²
  CHECK(holds_all(refusal([&] { o.exclude_from_weight_decay("t"); }),
                  {"parameter \"t\"", "counter_halflife is 2", "no coupled weight_decay"}));
}

TEST_CASE_TEMPLATE("norms of rows: the reference's step, then its constraint, on the rows of the step alone", T, float, double) {
  std::uint64_t seed = 1;
  const parameter_constraint constraints[] = {max_norm(1.5, {1}), unit_norm({1}), min_max_norm(2, 3, 0.25, {1})};
  for (const auto& constraint : constraints)
    for (const double fuzz : {1e-7, 0.0})
      for (const auto kind : both_accumulators)
        for (const auto duplicates : all_duplicates) {
          CAPTURE(int(constraint.kind));
          CAPTURE(int(kind));
          CAPTURE(int(duplicates));
          auto start = make_usual_table<T>(table_rows, width, kind, ++seed);
          std::fill_n(start.rows.row(5), width, T(0));  // n + f = 0 without the fuzz
          std::vector<table_batch<T>> batches;
          for (int step = 0; step < 3; ++step) batches.push_back(batch_for<T>(duplicates, ++seed));
          for (T& x : batches[0].rows.memory) x = 0;
          std::vector<owned_table<T>> expected;
          for (auto now = start; const auto& batch : batches) {
            for (const auto& [row, gradients] : by_row(batch)) {
              T* const w = now.rows.row(static_cast<std::size_t>(row));
              const auto constrain = [&] { reference::constrain_norms(std::span<T>(w, width), {1, width}, constraint, fuzz); };
              if (duplicates != duplicate_rule::sequential) {
                reference::update_rows(now.table(), now.accumulators(), gradients.get(), 0.3, {}, {kind, duplicates});
                constrain();
                continue;
              }
              for (std::size_t i = 0; i < gradients.indices.size(); ++i) {  // each appearance is an update
                const std::int64_t index[] = {row};
                reference::update_rows(now.table(), now.accumulators(), {index, {gradients.values.data() + i * width, 1, width}}, 0.3, {},
                                       {kind});
                constrain();
              }
            }
            expected.push_back(now);
          }
          for_each_isa([&](const std::string&) {
            for (const unsigned threads : {1u, 3u}) {
              auto ours = start;
              optimizer o({.learning_rate = 0.3, .how = {.threads = threads, .serial_below = 0}});
              o.add_table("t", ours.table(), {kind, duplicates}, {.rule = {.constraint = constraint}, .norm_fuzz = fuzz});
              for (std::size_t step = 0; step < batches.size(); ++step) {
                batches[step].set(o, "t");
                o.step();
                CHECK(same_arrays(ours.rows.memory, expected[step].rows.memory));
                CHECK(same_arrays(o.template accumulators<T>("t"), expected[step].G));
              }
            }
          });
        }
}

TEST_CASE("norms of rows beside a matrix whose columns are constrained: each in its own way; a constraint can be taken away") {
  auto t = make_usual_table<float>(table_rows, width, row_accumulators::elementwise, 1);
  const auto start = t.rows.memory;
  std::vector<float> w(12, 2), g(12, 0);
  optimizer o({.learning_rate = 0.1});
  o.add("w", w, g, {.rule = {.constraint = unit_norm(0)}, .shape = {4, 3}, .norm_fuzz = 0});
  o.add_table("t", t.table(), {}, {.rule = {.constraint = unit_norm({1})}, .norm_fuzz = 0});
  const auto batch = make_usual_batch<float>(5, table_rows, width, 9);
  batch.set(o, "t");
  o.step();
  for (const float x : w) CHECK(x == 0.5F);
  for (std::size_t row = 0; row < table_rows; ++row) {
    const bool touched = std::ranges::count(batch.rows.indices, static_cast<std::int64_t>(row)) > 0;
    const double norm = reference::norm(std::span<const float>(t.rows.row(row), width));
    // Each element is off by half an ulp, the norm it was divided by too: twice 2^-24, and the sum of squares is in double.
    CHECK((std::abs(norm - 1) <= 2 * 0x1p-24) == touched);
  }
  o.change_options("t", [](parameter_options& p) { p.rule.constraint = {}; });
  const auto before = t.rows.memory;
  auto expected = t;
  expected.G.assign(o.accumulators<float>("t").begin(), o.accumulators<float>("t").end());
  batch.step(expected, 0.1, {}, {});
  o.step();
  CHECK(same_arrays(t.rows.memory, expected.rows.memory));
  CHECK_FALSE(same_arrays(t.rows.memory, before));
  CHECK_FALSE(same_arrays(before, start));
}

TEST_CASE("row counts are state: saved and set, training goes on as if it had never stopped") {
  const row_options rows{.counter_halflife = 5};
  const parameter_options options{.rule = {.weight_decay = 0.3}};
  std::vector<float> whole(table_rows * width, 0.5F), halves = whole;
  optimizer all, first;
  all.add_table("t", {whole.data(), table_rows, width}, rows, options);
  first.add_table("t", {halves.data(), table_rows, width}, rows, options);
  const auto step = [](optimizer& o, std::uint64_t seed) {
    const std::vector<std::int32_t> ids{1, static_cast<std::int32_t>(seed % 3), 7};
    const std::vector<float> values(ids.size() * width, 0.25F + static_cast<float>(seed) / 8);
    o.set_row_gradients("t", row_gradients<float>{ids, {values.data(), ids.size(), width}});
    o.step();
  };
  for (std::uint64_t i = 0; i < 10; ++i) step(all, i);
  for (std::uint64_t i = 0; i < 5; ++i) step(first, i);
  optimizer second;
  second.add_table("t", {halves.data(), table_rows, width}, rows, options);
  second.set_iterations(5);
  second.set_accumulators("t", first.accumulators<float>("t"));
  second.set_row_counts("t", first.row_counts("t"));
  for (std::uint64_t i = 5; i < 10; ++i) step(second, i);
  CHECK(halves == whole);
  CHECK(std::ranges::equal(all.row_counts("t"), second.row_counts("t")));
  CHECK(holds_all(refusal([&] { second.set_row_counts("t", {}); }), {"\"t\"", "counts has 0 elements in place of 40"}));
  std::vector<float> w(3), g(3);
  second.detach_gradients("t");
  second.add("w", w, g);
  CHECK(holds_all(refusal([&] { second.row_counts("w"); }), {"\"w\"", "no row counts", "counter_halflife"}));
}
