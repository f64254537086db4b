// Lazy terms: what a row owes for steps without a gradient, paid when it is next touched or by flush(), is what acting on every row at every step
// gives, within a bound that is derived in support/lazy.hpp.
#include "doctest/doctest.h"
#include "support/lazy.hpp"
#include "support/refusal.hpp"
#include "support/size.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr std::uint64_t many_steps = thin ? 150 : 1000;

// Runs so many steps, each after a call of between.
template <class T, class Between>
std::vector<T> run_lazy(const lazy_case& c, const threading& how, std::uint64_t steps, const Between& between) {
  auto table = eager_table<T>(c).table;
  optimizer o({.learning_rate = rate_of(c), .how = how});
  o.add_table("t", table.table(), c.rows, {.rule = c.rule});
  for (std::uint64_t step = 0; step < steps; ++step) {
    between(o, step, table.rows.memory);
    const auto batch = lazy_batch<T>(step);
    batch.set(o, "t");
    o.step();
  }
  o.flush();
  return table.rows.memory;
}

constexpr auto nothing = [](optimizer&, std::uint64_t, const auto&) {};

}  // namespace

TEST_CASE_TEMPLATE("lazy equals eager within the bound, over many steps, with changing rates where those are allowed", T, float, double) {
  for (const lazy_case& c : lazy_cases()) {
    INFO(c.name);
    eager_table<T> eager(c);
    auto lazy = eager.table;
    optimizer o({.learning_rate = rate_of(c)});
    o.add_table("t", lazy.table(), c.rows, {.rule = c.rule});
    for (std::uint64_t step = 0; step < many_steps; ++step) {
      const auto batch = lazy_batch<T>(step);
      batch.set(o, "t");
      eager.step(batch, o.learning_rate());
      o.step();
    }
    const auto accumulators = o.template accumulators<T>("t");
    CHECK(same_arrays(accumulators, eager.table.G));
    const double bound = eager.bound();
    CHECK(bound < (sizeof(T) == 4 ? 0.01 : 1e-7));
    CHECK(eager.distance(lazy.rows.memory) > bound);  // something is owed
    o.flush();
    CHECK(eager.distance(lazy.rows.memory) <= bound);
  }
}

TEST_CASE_TEMPLATE("element-wise: eager is the same array added dense, its gradient 0 where rows are absent", T, float, double) {
  for (const lazy_case& c : lazy_cases()) {
    if (c.rows.accumulators == row_accumulators::rowwise) continue;
    INFO(c.name);
    eager_table<T> eager(c);  // for the bound
    auto dense = eager.table, lazy = eager.table;
    std::vector<T> g(lazy_rows * lazy_width);
    optimizer o({.learning_rate = rate_of(c)});
    o.add("dense", std::span<T>(dense.table().data, g.size()), std::span<const T>(g), {.rule = c.rule});
    o.add_table("lazy", lazy.table(), c.rows, {.rule = c.rule});
    for (std::uint64_t step = 0; step < 200; ++step) {
      const auto batch = lazy_batch<T>(step);
      std::ranges::fill(g, T(0));
      for (std::size_t i = 0; i < batch.rows.indices.size(); ++i)
        for (std::size_t j = 0; j < lazy_width; ++j)
          g[static_cast<std::size_t>(batch.rows.indices[i]) * lazy_width + j] += batch.rows.value(i)[j];
      batch.set(o, "lazy");
      eager.step(batch, o.learning_rate());
      o.step();
    }
    o.flush();
    CHECK(same_arrays(dense.rows.memory, eager.table.rows.memory));
    CHECK(eager.distance(lazy.rows.memory) <= eager.bound());
    CHECK(same_arrays(o.template accumulators<T>("lazy"), eager.table.G));
  }
}

TEST_CASE_TEMPLATE("flush in the middle: eager within the bound there, and at the end; twice in a row changes no bit", T, float, double) {
  for (const lazy_case& c : lazy_cases()) {
    INFO(c.name);
    eager_table<T> eager(c);
    std::uint64_t done = 0;
    const auto flushed = run_lazy<T>(c, {}, 300, [&](optimizer& o, std::uint64_t step, const std::vector<T>& memory) {
      if (step > 0) eager.step(lazy_batch<T>(done), c.constant_rate ? 0.03 : changing_rate(done)), ++done;
      if (step % 37 != 0) return;
      o.flush();
      CHECK(eager.distance(memory) <= eager.bound(10));
      const auto once = memory;
      o.flush();
      CHECK(same_arrays(memory, once));
    });
    eager.step(lazy_batch<T>(done), c.constant_rate ? 0.03 : changing_rate(done));
    CHECK(eager.distance(flushed) <= eager.bound(10));
    CHECK(eager.distance(run_lazy<T>(c, {}, 300, nothing)) <= eager.bound());
  }
}

TEST_CASE_TEMPLATE("the same bits for every number of threads, flush included", T, float, double) {
  for (const lazy_case& c : lazy_cases()) {
    INFO(c.name);
    const auto flush = [](optimizer& o, std::uint64_t step, const auto&) {
      if (step == 15) o.flush();
    };
    const auto one = run_lazy<T>(c, {.threads = 1}, 30, flush);
    for (const unsigned threads : {2u, 3u, 8u}) CHECK(same_arrays(run_lazy<T>(c, {.threads = threads, .serial_below = 0}, 30, flush), one));
  }
}

TEST_CASE_TEMPLATE("by hand: one row absent for three steps, at three rates", T, float, double) {
  const T w0 = T(0.75);
  const std::vector<std::int64_t> first{0}, other{1};
  const std::vector<T> g{T(0.5)};
  for (const lazy_case& c : lazy_cases()) {
    INFO(c.name);
    if (c.rule.constraint.kind != constraint_kind::none || c.rule.epsilon_placement == epsilon_place::inside_root) continue;
    std::vector<T> w{w0, 1};
    optimizer o({.learning_rate = rate_of(c)});
    o.add_table("t", rows_view<T>{w.data(), 2, 1}, c.rows, {.rule = c.rule});
    o.set_row_gradients("t", row_gradients<T>{first, {g.data(), 1, 1}});
    o.step();
    const double after = static_cast<double>(w[0]), H = 0.5 + 1e-8;
    o.set_row_gradients("t", row_gradients<T>{other, {g.data(), 1, 1}});
    for (int step = 0; step < 3; ++step) o.step();
    CHECK(static_cast<double>(w[0]) == after);
    o.flush();
    double expected = after;
    for (std::uint64_t it = 1; it <= 3; ++it) {
      const double rate = c.constant_rate ? 0.03 : changing_rate(it);
      if (c.rows.lazy == lazy_term::decoupled_decay) expected *= 1 - rate * 0.2;
      if (c.rows.lazy == lazy_term::group_lasso) expected *= 1 - rate * 0.05 / (H * std::abs(expected));
      expected -= rate * c.rule.proximal_l1 / H;
      expected /= 1 + rate * c.rule.proximal_l2 / H;
    }
    // Some twenty operations in all, each off by half an ulp of numbers below 1.
    CHECK(std::abs(static_cast<double>(w[0]) - expected) <= 20 * std::numeric_limits<T>::epsilon());
    CHECK(expected < after - 0.001);
  }
}

TEST_CASE("padding owes nothing") {
  for (const lazy_case& c : lazy_cases()) {
    INFO(c.name);
    auto table = eager_table<float>(c).table;
    for (float& x : table.rows.memory) x = std::abs(x) + 1;
    const auto before = table.rows.memory;
    auto rows = c.rows;
    rows.padding_index = 3;
    optimizer o({.learning_rate = rate_of(c)});
    o.add_table("t", table.table(), rows, {.rule = c.rule, .initial_accumulator = 1});
    for (std::uint64_t step = 0; step < 20; ++step) {
      const auto batch = lazy_batch<float>(step);
      batch.set(o, "t");
      o.step();
    }
    o.flush();
    for (std::size_t i = 0; i < table.rows.memory.size(); ++i) {
      const std::size_t row = (i - table.rows.offset) / lazy_width;
      if (i < table.rows.offset || row >= lazy_rows) continue;
      CHECK((table.rows.memory[i] == before[i]) == (row == 3));
    }
  }
}

TEST_CASE_TEMPLATE(
    "debts are paid with what they were made with: rates, options and accumulators that are changed later have no part in them", T, float,
    double) {
  for (const lazy_case& c : lazy_cases()) {
    INFO(c.name);
    enum class change { none, rate, options, accumulators };
    const auto after = [&](change what) {
      return run_lazy<T>(c, {}, 60, [&](optimizer& o, std::uint64_t step, const std::vector<T>& memory) {
        if (step != 59) return;
        const auto before = memory;
        if (what == change::none) return o.flush();
        if (what == change::rate) o.set_learning_rate(0.5);
        if (what == change::options)
          o.change_options("t", [](parameter_options& p) {
            if (p.rule.weight_decay > 0) p.rule.weight_decay = 0.9;
            if (p.rule.proximal_l1 > 0) p.rule.proximal_l1 = 5;
            if (p.rule.proximal_l2 > 0) p.rule.proximal_l2 = 5;
            p.rule.epsilon = 3;
          });
        if (what == change::accumulators) o.set_accumulators("t", std::vector<T>(o.template accumulators<T>("t").size(), T(9)));
        // Sums of rates stay what they are when the rate changes: those rows go on owing.
        const bool waits = what == change::rate && c.rows.lazy != lazy_term::l2 && c.rows.lazy != lazy_term::elastic_net;
        CHECK(same_arrays(memory, before) == waits);
        if (waits) o.flush();
        const auto paid = memory;
        o.flush();
        CHECK(same_arrays(memory, paid));
        // The last step, and its debts, as they would have been.
        o.set_learning_rate(rate_of(c));
        o.change_options("t", [&](parameter_options& p) { p.rule = c.rule; });
        if (what == change::accumulators) throw paid;
      });
    };
    const auto expected = after(change::none);
    CHECK(same_arrays(after(change::rate), expected));
    CHECK(same_arrays(after(change::options), expected));
    try {
      after(change::accumulators);
      CHECK(false);
    } catch (const std::vector<T>& paid) {
      std::vector<T> there;
      run_lazy<T>(c, {}, 60, [&](optimizer& o, std::uint64_t step, const std::vector<T>& memory) {
        if (step == 59) o.flush(), there = memory;
      });
      CHECK(same_arrays(paid, there));
    }
  }
}
