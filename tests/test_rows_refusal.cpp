// What update_rows refuses of tables, gradients, bags and options for rows: by name, with the value and the remedy, and nothing is written.
#include <functional>
#include <limits>

#include "support/bits.hpp"
#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

using parts = std::initializer_list<const char*>;
constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();

// A good call on a table of 5 rows of 3; tests break one thing each.
template <class T>
struct row_call {
  std::vector<T> memory = std::vector<T>(60, T(0.5));
  std::vector<std::int64_t> ids{4, 0, 2, 4};
  std::vector<std::int32_t> starts{0, 1, 1, 4};
  std::vector<T> importance{1, 2, 3, 4};
  rows_view<T> table{memory.data(), 5, 3}, accumulators{memory.data() + 15, 5, 3};
  row_gradients<T> batch{ids, {memory.data() + 30, 4, 3}};
  bag_gradients<T> bags{.indices = ids, .offsets = starts, .gradients = {memory.data() + 30, 4, 3}, .weights = importance};
  double learning_rate = 0.05;
  update_options rule{};
  row_options rows{};
  threading how{};

  row_call() = default;
  row_call(const row_call&) = delete;
};

// Who is asked: the library with a batch or with bags, kept memory or not, or the reference.
enum class asked { batch, bags, reference };

template <class T>
void call(row_call<T>& c, asked whom, rows_workspace* kept) {
  if (whom == asked::reference) return reference::update_rows(c.table, c.accumulators, c.batch, c.learning_rate, c.rule, c.rows);
  if (whom == asked::batch && kept) update_rows(*kept, c.table, c.accumulators, c.batch, c.learning_rate, c.rule, c.rows, c.how);
  else if (whom == asked::batch) update_rows(c.table, c.accumulators, c.batch, c.learning_rate, c.rule, c.rows, c.how);
  else if (kept) update_rows(*kept, c.table, c.accumulators, c.bags, c.learning_rate, c.rule, c.rows, c.how);
  else update_rows(c.table, c.accumulators, c.bags, c.learning_rate, c.rule, c.rows, c.how);
}

template <class T>
void check_asked(asked whom, const std::function<void(row_call<T>&)>& breaking, parts expected) {
  CAPTURE(int(whom));
  for (const bool with_workspace : {false, true}) {
    row_call<T> c;
    breaking(c);
    const auto before = c.memory;
    rows_workspace kept;
    const std::string message = refusal([&] { call(c, whom, with_workspace ? &kept : nullptr); });
    INFO("message: " << message);
    CHECK(holds_all(message, {"adagrad: "}));
    CHECK(holds_all(message, expected));
    CHECK(c.memory == before);
  }
}

template <class T>
using breaking = std::function<void(row_call<T>&)>;

// What all of them refuse.
template <class T>
void check(const breaking<T>& with, parts expected) {
  for (const asked whom : {asked::batch, asked::bags, asked::reference}) check_asked<T>(whom, with, expected);
}
template <class T>
void check_batch(const breaking<T>& with, parts expected) {
  for (const asked whom : {asked::batch, asked::reference}) check_asked<T>(whom, with, expected);
}
template <class T>
void check_bags(const breaking<T>& with, parts expected) {
  check_asked<T>(asked::bags, with, expected);
  row_call<T> c;  // and expand
  with(c);
  std::vector<T> values(12, T(7));
  const std::string message = refusal([&] { reference::expand({values.data(), c.bags.indices.size(), 3}, c.bags); });
  INFO("message: " << message);
  CHECK(holds_all(message, expected));
  CHECK(values == std::vector<T>(12, T(7)));
}

}  // namespace

TEST_CASE_TEMPLATE("the call that the others break is good", T, float, double) {
  for (const asked whom : {asked::batch, asked::bags, asked::reference}) {
    row_call<T> c;
    const auto before = c.memory;
    CHECK_NOTHROW(call<T>(c, whom, nullptr));
    CHECK(c.memory != before);
  }
}

TEST_CASE_TEMPLATE("options of rows", T, float, double) {
  check<T>([](auto& c) { c.rows.accumulators = static_cast<row_accumulators>(2); }, {"accumulators is 2", "row_accumulators::elementwise"});
  check<T>([](auto& c) { c.rows.duplicates = static_cast<duplicate_rule>(4); }, {"duplicates is 4", "duplicate_rule::sum"});
  check<T>([](auto& c) { c.rows.lazy = static_cast<lazy_term>(6); }, {"lazy is 6", "lazy_term::none"});
  check<T>([](auto& c) { c.rows.lazy = lazy_term::l1; }, {"lazy is l1", "optimizer::add_table"});
  check<T>([](auto& c) { c.rows.counter_halflife = 5; }, {"counter_halflife is 5", "optimizer::add_table", "or 0"});
  for (const double bad : {nan_value, infinity, -1.0}) {
    check<T>([=](auto& c) { c.rows.counter_halflife = bad; }, {"counter_halflife is ", "at least 0"});
    check<T>([=](auto& c) { c.rows.group_lasso = bad; }, {"group_lasso is ", "at least 0"});
  }
  check<T>([](auto& c) { c.rows.group_lasso = 0.5; }, {"group_lasso is 0.5", "row_accumulators::rowwise"});
  const auto rowwise = [](auto& c) {
    c.rows.accumulators = row_accumulators::rowwise;
    c.accumulators.width = 1;
  };
  check<T>([=](auto& c) { rowwise(c), c.rows.group_lasso = 0.5, c.rule.proximal_l1 = 0.25; },
           {"group_lasso is 0.5 and proximal_l1 is 0.25", "exclude each other"});
  check<T>([=](auto& c) { rowwise(c), c.rows.group_lasso = 0.5, c.rule.proximal_l2 = 0.25; },
           {"group_lasso is 0.5 and proximal_l2 is 0.25", "leave one of them 0"});
  check<T>([=](auto& c) { rowwise(c), c.rule.accumulate_rounding = multiply_add::one_rounding; },
           {"accumulate_rounding is one_rounding", "row_accumulators::elementwise"});
  check<T>([=](auto& c) { rowwise(c), c.rows.group_lasso = c.learning_rate = sizeof(T) == 4 ? 1e30 : 1e200; },
           {"learning_rate * group_lasso is ", "cannot hold"});
  for (const std::int64_t bad : {std::int64_t(-1), std::int64_t(5), std::numeric_limits<std::int64_t>::min()}) {
    const std::string found = "padding_index is " + std::to_string(bad);
    check<T>([=](auto& c) { c.rows.padding_index = bad; }, {found.c_str(), "the table has 5 rows", "or none"});
  }
}

TEST_CASE_TEMPLATE("the rule, the rate and threads", T, float, double) {
  check<T>([](auto& c) { c.rule.epsilon = -1; }, {"epsilon is -1"});
  check<T>([](auto& c) { c.rule.constraint = max_norm(1); }, {"constraint", "optimizer"});
  for (const double bad : {nan_value, infinity, -0.01})
    check<T>([=](auto& c) { c.learning_rate = bad; }, {"learning_rate is ", "schedule"});
  check<T>(
      [](auto& c) {
        c.rule.decay_kind = weight_decay_kind::decoupled;
        c.rule.weight_decay = sizeof(T) == 4 ? 1e30 : 1e200;
        c.learning_rate = c.rule.weight_decay;
      },
      {"learning_rate * weight_decay"});
  for (const asked whom : {asked::batch, asked::bags}) check_asked<T>(whom, [](auto& c) { c.how.threads = 4097; }, {"threads is 4097"});
}

TEST_CASE_TEMPLATE("tables and their accumulators", T, float, double) {
  constexpr std::size_t huge = std::numeric_limits<std::size_t>::max();
  check<T>([](auto& c) { c.table.width = 0; }, {"table.width is 0", "at least one element"});
  check<T>([](auto& c) { c.table.data = nullptr; }, {"table is a null pointer with 5 rows"});
  check<T>([](auto& c) { c.accumulators.data = nullptr; }, {"accumulators is a null pointer with 5 rows"});
  check<T>([](auto& c) { c.table.stride = 2; }, {"table.stride is 2", "its width 3", "use 0"});
  check<T>([](auto& c) { c.accumulators.stride = 1; }, {"accumulators.stride is 1"});
  check<T>([](auto& c) { c.table.rows = std::size_t(-5); }, {"table has 18446744073709551611 rows of 3", "more than memory can hold"});
  check<T>([](auto& c) { c.table.rows = huge / 12 + 2; }, {"table has ", "more than memory can hold"});  // 12 * rows wraps around
  check<T>([](auto& c) { c.table.rows = huge / 3 + 2; }, {"table has ", "more than memory can hold"});   // 3 * rows does
  check<T>([](auto& c) { c.table.stride = huge / 4; }, {"table has 5 rows of 3", "more than memory can hold"});
  check<T>([](auto& c) { c.table.width = huge; }, {"table has 5 rows of 18446744073709551615", "more than memory can hold"});
  check<T>([](auto& c) { c.accumulators.rows = 4; }, {"accumulators.rows is 4", "5 rows"});
  check<T>([](auto& c) { c.accumulators.width = 1; }, {"accumulators.width is 1", "3 elements", "row_accumulators::rowwise"});
  check<T>([](auto& c) { c.rows.accumulators = row_accumulators::rowwise; }, {"accumulators.width is 3", "a width of 1"});
}

TEST_CASE_TEMPLATE("overlaps; interleaved rows are taken, and so are neighbours", T, float, double) {
  check<T>([](auto& c) { c.accumulators.data = c.table.data; }, {"table overlaps accumulators", "interleave"});
  check<T>([](auto& c) { c.accumulators.data = c.table.data + 14; }, {"table overlaps accumulators"});
  const auto together = [](auto& c, std::size_t at, std::size_t stride, std::size_t accumulators_stride) {
    c.table = {c.memory.data() + 30 - at, 2, 3, stride};
    c.accumulators = {c.memory.data() + 30, 2, 3, accumulators_stride};
    for (auto& i : c.ids) i %= 2;
    c.batch.values.data = c.bags.gradients.data = c.memory.data() + 48;
  };
  for (const std::size_t at : {std::size_t(2), std::size_t(5), std::size_t(8)})  // the columns of one reach into the other's
    check<T>([=](auto& c) { together(c, at, 7, 7); }, {"table overlaps accumulators"});
  check<T>([=](auto& c) { together(c, 3, 7, 6); }, {"table overlaps accumulators"});
  for (const asked whom : {asked::batch, asked::bags, asked::reference})
    for (const std::size_t at : {std::size_t(3), std::size_t(4), std::size_t(10), std::size_t(6)}) {
      row_call<T> c;
      together(c, at, at == 6 ? 3 : 7, at == 6 ? 3 : 7);
      CHECK_NOTHROW(call(c, whom, nullptr));
    }
  for (const std::size_t from : {0, 14, 29}) {
    const char* const what = from < 15 ? "overlaps table" : "overlaps accumulators";
    check_batch<T>([=](auto& c) { c.batch.values.data = c.memory.data() + from; }, {"values", what});
    check_asked<T>(asked::bags, [=](auto& c) { c.bags.gradients.data = c.memory.data() + from; }, {"gradients", what});
    check_asked<T>(asked::bags, [=](auto& c) { c.bags.weights = {c.memory.data() + from, 4}; }, {"weights", what});
    const auto ids = [=](auto& c) { return std::span(reinterpret_cast<const std::int32_t*>(c.memory.data() + from), 4); };
    check_batch<T>([=](auto& c) { c.batch.indices = ids(c); }, {"indices", what});
  }
}

TEST_CASE_TEMPLATE("batches: values and indices that do not go together", T, float, double) {
  check_batch<T>([](auto& c) { c.batch.values.rows = 3; }, {"values.rows is 3", "4 indices"});
  check_batch<T>([](auto& c) { c.batch.values.rows = 5; }, {"values.rows is 5", "one row of values for each index"});
  check_batch<T>([](auto& c) { c.batch.values.width = 2; }, {"values.width is 2", "3 elements"});
  check_batch<T>([](auto& c) { c.batch.values.stride = 2; }, {"values.stride is 2"});
  check_batch<T>([](auto& c) { c.batch.values.data = nullptr; }, {"values is a null pointer"});
  check_batch<T>(
      [](auto& c) {
        c.batch = {std::span(static_cast<const std::int32_t*>(nullptr), 4), c.batch.values};
      },
      {"indices is a null pointer with 4 elements"});
}

TEST_CASE_TEMPLATE("bags: offsets, weights, pooling", T, float, double) {
  check_bags<T>([](auto& c) { c.bags.pooled = static_cast<pooling>(2); }, {"pooled is 2", "pooling::sum"});
  check_bags<T>([](auto& c) { c.bags.gradients.rows = 2; }, {"offsets has 4 elements for 2 bags"});
  check_bags<T>([](auto& c) { c.bags.gradients.rows = 5; }, {"offsets has 4 elements for 5 bags"});
  check_bags<T>([](auto& c) { c.bags.offsets = {}; }, {"offsets has 0 elements for 4 bags"});
  check_bags<T>([](auto& c) { c.bags.gradients.rows = 0, c.bags.offsets = {}; }, {"indices has 4 elements", "no bags"});
  check_bags<T>([](auto& c) { c.starts[0] = 1; }, {"offsets[0] is 1", "begins at 0"});
  check_bags<T>([](auto& c) { c.starts[0] = -1; }, {"offsets[0] is -1"});
  check_bags<T>([](auto& c) { c.starts[2] = 0; }, {"offsets[2] is 0, less than the 1 before it", "never decrease"});
  check_bags<T>([](auto& c) { c.starts[3] = std::numeric_limits<std::int32_t>::min(); },
                {"offsets[3] is -2147483648, less than the 1 before it"});
  check_bags<T>([](auto& c) { c.starts[3] = 5; }, {"offsets[3] is 5", "4 indices"});
  check_bags<T>([](auto& c) { c.bags.gradients.rows = 3, c.starts[3] = 3; }, {"offsets[3] is 3", "the last bag ends", "4 indices"});
  check_bags<T>([](auto& c) { c.bags.weights = c.bags.weights.first(3); }, {"weights has 3 elements in place of 4"});
  check_bags<T>([](auto& c) { c.bags.weights = {static_cast<const T*>(nullptr), 4}; }, {"weights is a null pointer"});
  check_bags<T>([](auto& c) { c.bags.gradients.stride = 1; }, {"gradients.stride is 1"});
  check_asked<T>(asked::bags, [](auto& c) { c.bags.gradients.width = 4, c.bags.gradients.rows = 3; },
                 {"gradients.width is 4", "3 elements"});
}

#ifndef NDEBUG
TEST_CASE_TEMPLATE("builds without NDEBUG name two appearances of a row that was promised to be unique", T, float, double) {
  check_asked<T>(asked::batch, [](auto& c) { c.rows.duplicates = duplicate_rule::unique; }, {"indices[0] and indices[3] are both 4"});
  row_call<T> c;
  c.rows = {.duplicates = duplicate_rule::unique, .padding_index = 4};
  CHECK_NOTHROW(call(c, asked::batch, nullptr));  // the padding's appearances do not count
}
#endif

namespace {

template <class T, class Index>
void check_bad_index(std::size_t rows, std::size_t count, std::size_t at, Index bad) {
  CAPTURE(rows);
  CAPTURE(count);
  CAPTURE(at);
  CAPTURE(bad);
  std::vector<T> w(rows, T(1)), G(rows, T(0)), g(count, T(1));
  std::vector<Index> ids(count);
  for (std::size_t i = 0; i < count; ++i) ids[i] = static_cast<Index>(i % std::max<std::size_t>(rows, 1));
  const auto message = [&](asked whom, unsigned threads) {
    const rows_view<T> table{w.data(), rows, 1}, accumulators{G.data(), rows, 1};
    const threading how{.threads = threads, .serial_below = 0};
    const std::int64_t start[] = {0};
    return refusal([&] {
      if (whom == asked::reference) reference::update_rows(table, accumulators, row_gradients<T>{ids, {g.data(), count, 1}}, 0.1);
      else if (whom == asked::batch) update_rows(table, accumulators, row_gradients<T>{ids, {g.data(), count, 1}}, 0.1, {}, {}, how);
      else
        update_rows(table, accumulators, bag_gradients<T>{.indices = ids, .offsets = start, .gradients = {g.data(), 1, 1}}, 0.1, {}, {},
                    how);
    });
  };
  ids[at] = bad;
  if (at + 1 < count) ids[count - 1] = bad;  // the first one is named
  for (const asked whom : {asked::batch, asked::bags, asked::reference})
    for (const unsigned threads : {1u, 3u}) {
      const std::string text = message(whom, threads);
      INFO("message: " << text);
      CHECK(holds_all(text, {("indices[" + std::to_string(at) + "] is " + std::to_string(bad) + ",").c_str(),
                             ("has " + std::to_string(rows) + " rows").c_str()}));
      CHECK(w == std::vector<T>(rows, T(1)));
      CHECK(G == std::vector<T>(rows, T(0)));
    }
}

}  // namespace

TEST_CASE_TEMPLATE("an index outside of the table is named, with its position, wherever it stands", Index, std::int32_t, std::int64_t) {
  using limits = std::numeric_limits<Index>;
  for (const std::size_t count : {std::size_t(1), std::size_t(100), std::size_t(1025), std::size_t(5003)})
    for (const std::size_t at : {std::size_t(0), count / 2, count - 1})
      for (const Index bad : {Index(-1), Index(7), Index(8), limits::min(), limits::max(), Index(limits::min() + 1)})
        check_bad_index<float, Index>(7, count, at, bad);
  check_bad_index<double, Index>(0, 3, 0, 0);  // of a table without rows any is bad
}

TEST_CASE("batches of nothing are taken: no indices, no bags, tables without rows") {
  std::vector<float> w(15, 1.0F), G(15, 0.0F);
  const rows_view<float> table{w.data(), 5, 3}, accumulators{G.data(), 5, 3};
  const std::vector<std::int32_t> none, zero{0}, zeros{0, 0, 0};
  const std::vector<float> g(9, 1.0F);
  CHECK_NOTHROW(update_rows(table, accumulators, row_gradients<float>{}, 0.1));
  CHECK_NOTHROW(update_rows(table, accumulators, row_gradients<float>{none, {nullptr, 0, 3}}, 0.1));
  CHECK_NOTHROW(update_rows({nullptr, 0, 3}, {nullptr, 0, 3}, row_gradients<float>{}, 0.1));
  CHECK_NOTHROW(update_rows(table, accumulators, bag_gradients<float>{}, 0.1));
  CHECK_NOTHROW(update_rows(table, accumulators, bag_gradients<float>{.offsets = zero}, 0.1));
  CHECK_NOTHROW(
      update_rows(table, accumulators, bag_gradients<float>{.indices = none, .offsets = zeros, .gradients = {g.data(), 3, 3}}, 0.1));
  CHECK_NOTHROW(reference::update_rows(table, accumulators, row_gradients<float>{}, 0.1));
  CHECK(w == std::vector<float>(15, 1.0F));
  CHECK(G == std::vector<float>(15, 0.0F));
}
