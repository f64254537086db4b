// Gradients of tables that are not finite, as duplicates are combined: steps skipped with nothing changed, or refused by table and place.
#include <limits>

#include "doctest/doctest.h"
#include "support/refusal.hpp"
#include "support/tables.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Everything that a step could change: an array, a lazy table, one that counts, one of the other type.
template <class T>
struct everything {
  using other = std::conditional_t<sizeof(T) == 4, double, float>;
  std::vector<T> w = std::vector<T>(100, T(1)), g = std::vector<T>(100, T(0.5));
  owned_table<T> lazy = make_usual_table<T>(40, 6, row_accumulators::elementwise, 1);
  owned_table<T> counted = make_usual_table<T>(40, 6, row_accumulators::rowwise, 2);
  owned_table<other> last = make_usual_table<other>(40, 6, row_accumulators::elementwise, 3);
  optimizer o;
  table_batch<T> of_lazy, of_counted;
  table_batch<other> of_last;

  everything(non_finite_policy policy, const threading& how = {})
      : o({.learning_rate = inverse_time{0.1, 0.1}, .non_finite = policy, .how = how}) {
    o.add("w", w, std::span<const T>(g));
    o.add_table("lazy", lazy.table(), {.lazy = lazy_term::decoupled_decay},
                {.rule = {.weight_decay = 0.1, .decay_kind = weight_decay_kind::decoupled}});
    o.add_table("counted", counted.table(),
                {.accumulators = row_accumulators::rowwise, .duplicates = duplicate_rule::sequential, .counter_halflife = 3},
                {.rule = {.weight_decay = 0.1}});
    o.add_table("last", last.table());
  }
  void set(std::uint64_t step) {
    of_lazy = make_usual_batch<T>(10, 40, 6, step);
    of_counted = make_usual_batch<T>(12, 40, 6, step + 100);
    of_last = make_usual_batch<other>(14, 40, 6, step + 200);
    of_lazy.set(o, "lazy");
    of_counted.set(o, "counted");
    of_last.set(o, "last");
  }
  bool same_as(everything& e) {
    return w == e.w && same_arrays(lazy.rows.memory, e.lazy.rows.memory) && same_arrays(counted.rows.memory, e.counted.rows.memory) &&
           same_arrays(last.rows.memory, e.last.rows.memory) && same_state<T>(e, "w") && same_state<T>(e, "lazy") &&
           same_state<T>(e, "counted") && same_state<other>(e, "last") && o.iterations() == e.o.iterations();
  }

 private:
  template <class U>
  bool same_state(everything& e, const char* name) {
    const auto theirs = e.o.template accumulators<U>(name);
    return same_arrays(o.template accumulators<U>(name), std::vector<U>(theirs.begin(), theirs.end()));
  }
};

template <class T>
T& value(table_batch<T>& batch, std::size_t i, std::size_t column) {
  return batch.rows.memory[batch.rows.offset + i * batch.rows.stride + column];
}

}  // namespace

TEST_CASE_TEMPLATE("skip and error: arrays, tables, accumulators, debts, counts and the counter as if the step had not been", T, float,
                   double) {
  for (const auto policy : {non_finite_policy::skip, non_finite_policy::error})
    for (const unsigned threads : {1u, 3u}) {
      everything<T> disturbed(policy, {.threads = threads, .serial_below = 0}), smooth(policy);
      for (std::uint64_t step = 0; step < 12; ++step) {
        const std::size_t bad = step % 4;  // the parameter
        if (step > 0) {
          disturbed.set(step + 1000);
          if (bad == 0) disturbed.g[7] = std::numeric_limits<T>::quiet_NaN();
          if (bad == 1) value(disturbed.of_lazy, 3, 2) = -std::numeric_limits<T>::infinity();
          if (bad == 2) value(disturbed.of_counted, 11, 5) = std::numeric_limits<T>::quiet_NaN();
          if (bad == 3) value(disturbed.of_last, 0, 0) = infinity;
          disturbed.of_lazy.set(disturbed.o, "lazy");
          if (policy == non_finite_policy::error) {
            const char* const names[] = {"parameter \"w\"", "parameter \"lazy\"", "parameter \"counted\"", "parameter \"last\""};
            CHECK(holds_all(refusal([&] { disturbed.o.step(); }), {names[bad], " is not finite", "1 such in all"}));
          } else {
            const step_report report = disturbed.o.step();
            CHECK(report.outcome == step_outcome::skipped);
            CHECK(report.non_finite == 1);
            CHECK(report.first_parameter == bad);
          }
          disturbed.g[7] = T(0.5);
          CHECK(disturbed.same_as(smooth));
        }
        disturbed.set(step);
        smooth.set(step);
        CHECK(disturbed.o.step().outcome == step_outcome::moved);
        smooth.o.step();
        CHECK(disturbed.same_as(smooth));
      }
      disturbed.o.flush();
      smooth.o.flush();
      CHECK(disturbed.same_as(smooth));
    }
}

TEST_CASE_TEMPLATE("the place is row * width + column, the lowest there is, and the count that of combined gradients", T, float, double) {
  const std::vector<std::int64_t> ids{9, 4, 9, 2, 4};
  const T inf = std::numeric_limits<T>::infinity(), max = std::numeric_limits<T>::max();
  struct expectation {
    duplicate_rule duplicates;
    std::vector<T> values;  // two columns
    std::uint64_t count;
    std::size_t index;
  };
  const expectation cases[] = {
      {duplicate_rule::sum, {1, inf, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 19},
      {duplicate_rule::sum, {1, inf, 1, 1, 1, -inf, 1, 1, 1, 1}, 1, 19},           // their sum is NaN
      {duplicate_rule::sum, {max, 1, 1, max, max, 1, 1, 1, 1, max}, 2, 9},         // each is finite, the sums are not
      {duplicate_rule::mean, {1, 1, 1, max, 1, 1, 1, 1, 1, max}, 1, 9},            // the sum comes before the quotient
      {duplicate_rule::sequential, {max, 1, 1, max, max, 1, 1, 1, 1, max}, 0, 0},  // as they are given
      {duplicate_rule::sequential, {1, inf, 1, 1, inf, 1, 1, 1, inf, inf}, 4, 8},
      {duplicate_rule::sequential, {inf, 1, 1, 1, 1, 1, inf, inf, 1, 1}, 3, 4},
  };
  for (const auto& c : cases)
    for (const unsigned threads : {1u, 2u, 8u})
      for (const bool counts : {false, true}) {
        std::vector<T> w(20, T(1));
        std::vector<T> values = c.values;
        optimizer o({.non_finite = non_finite_policy::skip, .how = {.threads = threads, .serial_below = 0}});
        o.add_table("t", rows_view<T>{w.data(), 10, 2}, {.duplicates = c.duplicates, .counter_halflife = counts ? 1.0 : 0.0},
                    {.rule = {.weight_decay = 0.1}});
        o.set_row_gradients("t", row_gradients<T>{ids, {values.data(), 5, 2}});
        const step_report report = o.step();
        CHECK(report.non_finite == c.count);
        CHECK((report.outcome == step_outcome::skipped) == (c.count > 0));
        if (c.count > 0) CHECK(report.first_index == c.index);
        CHECK((w == std::vector<T>(20, T(1))) == (c.count > 0));
      }
}

TEST_CASE("error names the table and the place; gradient_scale counts; padding does not") {
  const std::vector<std::int32_t> ids{1, 3};
  std::vector<float> w(12, 1), g(6, 1);
  g[4] = 3e38F;
  optimizer o({.non_finite = non_finite_policy::error});
  o.add_table("embedding", rows_view<float>{w.data(), 4, 3}, {.padding_index = 1}, {.rule = {.gradient_scale = 2}});
  o.set_row_gradients("embedding", row_gradients<float>{ids, {g.data(), 2, 3}});
  CHECK(holds_all(refusal([&] { o.step(); }), {"parameter \"embedding\"", "gradients[10] is not finite", "1 such in all"}));
  CHECK(w == std::vector<float>(12, 1));
  CHECK(o.iterations() == 0);
  g = {std::numeric_limits<float>::quiet_NaN(), 1, 1, 1, 1, 1};
  CHECK(o.step().outcome == step_outcome::moved);
  CHECK(w[3] == 1);
  CHECK(w[9] < 1);
}

TEST_CASE("of several parameters the first is named, tables and arrays in the order in which they were added") {
  const std::vector<std::int32_t> ids{1, 3};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (int bad = 1; bad < 8; ++bad) {
    std::vector<float> a(12, 1), b = a, w(6, 1), g[3] = {w, w, w};
    for (std::size_t i = 0; i < 3; ++i)
      if (bad >> i & 1) g[i][5] = nan;
    optimizer o({.non_finite = non_finite_policy::skip});
    o.add_table("a", rows_view<float>{a.data(), 4, 3});
    o.add("w", w, g[1]);
    o.add_table("b", rows_view<float>{b.data(), 4, 3});
    o.set_row_gradients("a", row_gradients<float>{ids, {g[0].data(), 2, 3}});
    o.set_row_gradients("b", row_gradients<float>{ids, {g[2].data(), 2, 3}});
    const step_report report = o.step();
    CHECK(report.non_finite == static_cast<std::uint64_t>((bad & 1) + (bad >> 1 & 1) + (bad >> 2)));
    CHECK(report.first_parameter == (bad & 1 ? 0u : bad & 2 ? 1u : 2u));
    CHECK(report.first_index == (report.first_parameter == 1 ? 5u : 11u));
  }
}
