// Updates of rows with memory that is kept allocate nothing once they have seen the largest call; where memory is missing nothing has changed.
#include "support/counted_new.hpp"
#include "support/row_tables.hpp"
#include "support/rules.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr std::size_t table_rows = 5000, width = 20;
constexpr duplicate_rule all_duplicates[] = {duplicate_rule::sum, duplicate_rule::mean, duplicate_rule::sequential, duplicate_rule::unique};

template <class T>
struct batches {
  std::vector<row_batch<T>> of_sizes{};
  std::vector<std::int32_t> starts{};
  std::vector<T> weights{};

  explicit batches(std::initializer_list<std::size_t> sizes) {
    random_bits random(5);
    for (const std::size_t size : sizes) {
      of_sizes.push_back(make_row_batch<T>(make_indices(size, table_rows, spread::distinct, random), width, 7 + size));
      of_sizes.back().wide = true;
    }
    for (std::int32_t i = 0; i < 100; ++i) starts.push_back(i / 2);
    weights.assign(*std::max_element(sizes.begin(), sizes.end()), T(0.5));
  }
  // The same indices, in a hundred bags.
  bag_gradients<T> bags(const row_batch<T>& of, pooling pooled) const {
    const auto rows = of.get();
    return {.indices = rows.indices,
            .offsets = starts,
            .gradients = {rows.values.data, 100, width, rows.values.stride},
            .pooled = pooled,
            .weights = std::span<const T>(weights).first(of.indices.size())};
  }
};

}  // namespace

TEST_CASE_TEMPLATE("kept memory: no allocation after the largest call of each kind", T, float, double) {
  const batches<T> all({4000, 1, 300, 3999, 0, 100});
  for (const auto kind : {row_accumulators::elementwise, row_accumulators::rowwise}) {
    auto table = make_row_table<T>(table_rows, width, kind, row_layout::packed, 3);
    rows_workspace kept;
    const auto run = [&](const row_batch<T>& batch, const threading& how) {
      for (const auto duplicates : all_duplicates) {
        const update_options rule{.weight_decay = 0.01, .proximal_l1 = 1e-4};
        update_rows(kept, table.table(), table.accumulators(), batch.get(), 0.1, {}, {kind, duplicates}, how);
        update_rows(kept, table.table(), table.accumulators(), batch.get(), 0.1, rule, {kind, duplicates}, how);
        if (batch.indices.size() < 100) continue;
        for (const auto pooled : {pooling::sum, pooling::mean})
          update_rows(kept, table.table(), table.accumulators(), all.bags(batch, pooled), 0.1, {}, {kind, duplicates}, how);
      }
    };
    for (const unsigned threads : {3u, 1u, 2u}) {
      run(all.of_sizes[0], {.threads = threads, .serial_below = 0});
      const std::size_t before = allocations, bytes = kept.bytes();
      CHECK(bytes > 0);
      for (const auto& batch : all.of_sizes)
        for (unsigned fewer = 1; fewer <= threads; ++fewer) run(batch, {.threads = fewer, .serial_below = 0});
      for_each_isa([&](const std::string&) { run(all.of_sizes[2], {.threads = threads, .serial_below = 0}); });
      const std::size_t after = allocations;
      CHECK(after - before < 200);  // the names of instruction sets in this test
      const std::size_t again = allocations;
      run(all.of_sizes[0], {.threads = threads, .serial_below = 0});
      CHECK(allocations == again);
      CHECK(kept.bytes() == bytes);
    }
  }
}

TEST_CASE("without kept memory a call gives back what it took; kept memory goes with its owner") {
  const batches<float> all({1000});
  auto table = make_row_table<float>(table_rows, width, row_accumulators::elementwise, row_layout::packed, 3);
  const auto run = [&](rows_workspace* kept) {
    if (kept) update_rows(*kept, table.table(), table.accumulators(), all.of_sizes[0].get(), 0.1, {}, {}, {.threads = 1});
    else update_rows(table.table(), table.accumulators(), all.of_sizes[0].get(), 0.1, {}, {}, {.threads = 1});
  };
  run(nullptr);
  const std::size_t before = bytes_in_use;
  run(nullptr);
  CHECK(bytes_in_use == before);
  {
    rows_workspace a;
    CHECK(a.bytes() == 0);
    CHECK(bytes_in_use == before);
    run(&a);
    CHECK(bytes_in_use >= before + a.bytes());
    const std::size_t bytes = a.bytes(), count = allocations;
    rows_workspace b(std::move(a));
    CHECK(b.bytes() == bytes);
    run(&b);
    CHECK(allocations == count);
    a = std::move(b);
    CHECK(a.bytes() == bytes);
    run(&b);  // one that was moved from begins anew
    CHECK(b.bytes() > 0);
  }
  CHECK(bytes_in_use == before);
}

TEST_CASE_TEMPLATE("out of memory at any allocation: std::bad_alloc, and nothing has changed", T, float, double) {
  const batches<T> all({600});
  const auto start = make_row_table<T>(table_rows, width, row_accumulators::elementwise, row_layout::packed, 3);
  std::size_t failures = 0;
  for (const bool bags : {false, true})
    for (const auto duplicates : all_duplicates)
      for (long allowed = 0; allowed < 100; ++allowed) {
        auto table = start;
        const auto before = table.memory;
        bool failed = false;
        rows_workspace kept;
        until_failure = allowed;
        try {
          if (bags)
            update_rows(kept, table.table(), table.accumulators(), all.bags(all.of_sizes[0], pooling::mean), 0.1, {},
                        {.duplicates = duplicates});
          else update_rows(kept, table.table(), table.accumulators(), all.of_sizes[0].get(), 0.1, {}, {.duplicates = duplicates});
        } catch (const std::bad_alloc&) {
          failed = true;
        }
        until_failure = -1;
        if (!failed) break;
        ++failures;
        CHECK(first_difference(table.memory, before) == before.size());
        // What was taken before is of use to the next call.
        update_rows(kept, table.table(), table.accumulators(), all.of_sizes[0].get(), 0.1, {}, {.duplicates = duplicates});
        CHECK(first_difference(table.memory, before) < before.size());
      }
  CHECK(failures > 5);
}
