// Steps with tables that must not be taken: indices that name no row, gradients of the wrong size, arrays that overlap. Nothing is written, in any parameter.
#include <limits>

#include "doctest/doctest.h"
#include "support/refusal.hpp"
#include "support/tables.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

// An array, two tables and another array.
template <class T>
struct company {
  std::vector<T> w = std::vector<T>(50, T(1)), g = std::vector<T>(50, T(1)), v = w;
  owned_table<T> first = make_usual_table<T>(30, 4, row_accumulators::elementwise, 1);
  owned_table<T> second = make_usual_table<T>(20, 4, row_accumulators::rowwise, 2);
  table_batch<T> of_first = make_usual_batch<T>(8, 30, 4, 3), of_second = make_usual_batch<T>(8, 20, 4, 4);
  optimizer o;

  explicit company(const threading& how = {}) : o({.global_clip_norm = 1, .how = how}) {
    o.add("w", w, std::span<const T>(g));
    o.add_table("first", first.table(), {.lazy = lazy_term::l1}, {.rule = {.proximal_l1 = 0.01}});
    o.add_table("second", second.table(), {.accumulators = row_accumulators::rowwise, .counter_halflife = 2},
                {.rule = {.weight_decay = 0.1}});
    o.add("v", v, std::span<const T>(g));
    of_first.set(o, "first");
    of_second.set(o, "second");
  }
  std::vector<std::vector<T>> all() {
    std::vector<std::vector<T>> arrays{w, v, first.rows.memory, second.rows.memory};
    for (std::size_t i = 0; i < 4; ++i) {
      const auto G = o.template accumulators<T>(i);
      arrays.emplace_back(G.begin(), G.end());
    }
    return arrays;
  }
};

}  // namespace

TEST_CASE_TEMPLATE(
    "a bad index in one of several tables: nothing is written in any parameter, and the next good step is as if it had not been", T, float,
    double) {
  for (const unsigned threads : {1u, 3u})
    for (const bool wide : {false, true})
      for (const char* which : {"first", "second"}) {
        CAPTURE(which);
        const bool is_first = std::string(which) == "first";
        const std::int64_t rows = is_first ? 30 : 20,
                           lowest = wide ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int32_t>::min();
        company<T> disturbed({.threads = threads, .serial_below = 0}), smooth;
        for (const std::int64_t bad : {std::int64_t(-1), lowest, rows, rows + 1}) {
          for (const std::size_t position : {std::size_t(0), std::size_t(7)}) {
            auto batch = is_first ? disturbed.of_first : disturbed.of_second;
            batch.rows.wide = wide;
            batch.rows.indices[position] = bad;
            batch.rows.narrow[position] = static_cast<std::int32_t>(bad);
            const auto before = disturbed.all();
            const std::uint64_t iterations = disturbed.o.iterations();
            batch.set(disturbed.o, which);
            const std::string message = refusal([&] { disturbed.o.step(); });
            CHECK(holds_all(message, {"parameter \"", which, " rows"}));
            CHECK(message.find("indices[" + std::to_string(position) + "] is " + std::to_string(bad) + ", but the table has " +
                               std::to_string(rows)) != std::string::npos);
            CHECK(disturbed.all() == before);
            CHECK(disturbed.o.iterations() == iterations);
          }
          (is_first ? disturbed.of_first : disturbed.of_second).set(disturbed.o, which);
          disturbed.o.step();
          smooth.o.step();
          CHECK(disturbed.all() == smooth.all());
        }
        disturbed.o.flush();
        smooth.o.flush();
        CHECK(disturbed.all() == smooth.all());
      }
}

TEST_CASE("indices are looked at by each step, for they are the caller's: good ones may turn bad and good again") {
  company<float> c;
  c.of_second.rows.wide = true;
  c.of_second.set(c.o, "second");
  c.o.step();
  const auto before = c.all();
  const std::int64_t good = std::exchange(c.of_second.rows.indices[2], 1'000'000);
  CHECK(holds_all(refusal([&] { c.o.step(); }), {"parameter \"second\"", "indices[2] is 1000000, but the table has 20 rows"}));
  CHECK(c.all() == before);
  c.of_second.rows.indices[2] = good;
  c.o.step();
  CHECK(c.o.iterations() == 2);
}

#ifndef NDEBUG
TEST_CASE("duplicate_rule::unique is checked where NDEBUG is not defined, and the table named; padding may repeat") {
  std::vector<float> w(12, 1), g(9, 1);
  const std::vector<std::int32_t> twice{1, 3, 1}, padding{0, 3, 0};
  optimizer o;
  o.add_table("t", rows_view<float>{w.data(), 4, 3}, {.duplicates = duplicate_rule::unique, .padding_index = 0});
  o.set_row_gradients("t", row_gradients<float>{twice, {g.data(), 3, 3}});
  CHECK(holds_all(refusal([&] { o.step(); }), {"parameter \"t\"", "indices[0] and indices[2] are both 1", "duplicate_rule::unique"}));
  CHECK(w == std::vector<float>(12, 1));
  o.set_row_gradients("t", row_gradients<float>{padding, {g.data(), 3, 3}});
  o.step();
  CHECK(o.iterations() == 1);
}
#endif

TEST_CASE("gradients that do not go with the table are refused when they are set, and those before stay") {
  company<float> c, same;
  const std::vector<std::int32_t> ids{1, 2, 3}, offsets{0, 2}, wrong{0, 4};
  std::vector<float> g(15, 1);
  const auto set = [&](const auto& gradients) { return refusal([&] { c.o.set_row_gradients("second", gradients); }); };
  CHECK(holds_all(set(row_gradients<float>{ids, {g.data(), 2, 4}}), {"parameter \"second\"", "values.rows is 2, but there are 3 indices"}));
  CHECK(holds_all(set(row_gradients<float>{ids, {g.data(), 3, 5}}), {"values.width is 5, but the table's rows have 4"}));
  CHECK(holds_all(set(row_gradients<float>{ids, {nullptr, 3, 4}}), {"values is a null pointer"}));
  CHECK(holds_all(set(row_gradients<float>{ids, {g.data(), 3, 4, 3}}), {"values.stride is 3"}));
  CHECK(holds_all(set(bag_gradients<float>{ids, wrong, {g.data(), 2, 4}}), {"offsets[1] is 4, but there are 3 indices"}));
  CHECK(holds_all(set(bag_gradients<float>{ids, offsets, {g.data(), 2, 4}, pooling::sum, std::span<const float>(g).first(2)}),
                  {"weights has 2 elements in place of 3"}));
  CHECK(holds_all(set(bag_gradients<float>{ids, offsets, {g.data(), 2, 4}, static_cast<pooling>(5)}), {"pooled is 5"}));
  c.o.step();
  same.o.step();
  CHECK(c.all() == same.all());
}

TEST_CASE_TEMPLATE("tables that overlap what is written or read: refused when they are added, or by the next step, which then does nothing",
                   T, float, double) {
  std::vector<T> memory(1000, T(1));
  const auto at = [&](std::size_t begin) { return memory.data() + begin; };
  optimizer o;
  const std::span<T> all(memory);
  o.add("w", all.subspan(0, 100), std::span<const T>(all.subspan(100, 100)));
  o.add_table("t", rows_view<T>{at(200), 10, 4, 10});
  const auto add = [&](rows_view<T> table) { return refusal([&] { o.add_table("u", table); }); };
  CHECK(holds_all(add({at(96), 5, 4}), {"parameter \"u\": its elements overlap those of \"w\", the elements"}));
  CHECK(holds_all(add({at(196), 1, 4}), {"its elements overlap those of \"w\", the gradients"}));
  CHECK(
      holds_all(add({at(206), 9, 4, 10}), {"its elements overlap those of \"t\", the elements"}));  // what lies between rows is the table's
  CHECK(
      holds_all(refusal([&] { o.add("v", all.subspan(290, 10), std::span<const T>(all.subspan(400, 10))); }), {"overlap those of \"t\""}));
  CHECK(add({at(294), 4, 4}).empty());
  const std::vector<std::int32_t> ids{1, 2};
  o.set_row_gradients("t", row_gradients<T>{ids, {at(500), 2, 4}});
  o.set_row_gradients("u", row_gradients<T>{ids, {at(500), 2, 4}});  // shared
  o.step();
  const auto before = memory;
  const auto step_refused = [&](std::initializer_list<const char*> parts) {
    for (int again = 0; again < 2; ++again) CHECK(holds_all(refusal([&] { o.step(); }), parts));
    CHECK(memory == before);
    CHECK(o.iterations() == 1);
  };
  const auto good = [&] { o.set_row_gradients("t", row_gradients<T>{ids, {at(500), 2, 4}}); };
  o.set_row_gradients("t", row_gradients<T>{ids, {at(286), 2, 4}});
  step_refused({"parameter \"t\": its gradients overlap its own elements"});
  o.set_row_gradients("t", row_gradients<T>{ids, {at(300), 2, 4}});
  step_refused({"parameter \"t\": its gradients overlap those of \"u\", the elements"});
  o.set_row_gradients("t", row_gradients<T>{ids, {at(500), 2, 4}});
  const auto* const inside = reinterpret_cast<const std::int32_t*>(at(240));
  o.set_row_gradients("t", row_gradients<T>{std::span<const std::int32_t>(inside, 2), {at(500), 2, 4}});
  step_refused({"parameter \"t\": its gradients overlap its own elements"});
  good();
  const std::vector<std::int32_t> offsets{0, 1};
  o.set_row_gradients("t", bag_gradients<T>{ids, offsets, {at(500), 2, 4}, pooling::sum, all.subspan(98, 2)});
  step_refused({"parameter \"t\": its gradients overlap those of \"w\", the elements"});
  good();
  o.set_table("u", rows_view<T>{at(220), 4, 4});
  step_refused({"overlap those of", "the elements"});
  o.set_table("u", rows_view<T>{at(498), 4, 4});
  step_refused({"gradients overlap those of \"u\", the elements"});
  o.set_table("u", rows_view<T>{at(700), 4, 4});
  o.step();
  CHECK(o.iterations() == 2);
}

TEST_CASE("flush writes to no memory of others: a table that was pointed there is refused first") {
  std::vector<float> b(40, 1), g(40), mine(40, 1), values(4, 1);
  const std::vector<std::int32_t> ids{1};
  optimizer o;
  o.add("b", b, g);
  o.add_table("t", {mine.data(), 10, 4}, {.lazy = lazy_term::decoupled_decay},
              {.rule = {.weight_decay = 0.5, .decay_kind = weight_decay_kind::decoupled}});
  o.set_row_gradients("t", row_gradients<float>{ids, {values.data(), 1, 4}});
  o.step();
  o.detach_gradients("b");
  o.set_table("t", {b.data(), 10, 4});
  const auto before = b;
  CHECK(holds_all(refusal([&] { o.flush(); }), {"overlap"}));
  CHECK(b == before);
}
