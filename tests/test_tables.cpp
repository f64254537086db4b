// Tables among the parameters of an optimizer: the bits of the scalar reference, in any company, however the work is split; what changes between steps.
#include "support/pool.hpp"
#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"
#include "support/tables.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr inverse_time rates{.learning_rate = 0.3, .decay = 0.07};
constexpr unsigned thread_counts[] = {1, 2, 3, 8};
constexpr duplicate_rule all_duplicates[] = {duplicate_rule::sum, duplicate_rule::mean, duplicate_rule::sequential, duplicate_rule::unique};
constexpr row_accumulators both_accumulators[] = {row_accumulators::elementwise, row_accumulators::rowwise};

// Runs the batches, each with another number of threads, the last on a caller's threads, and compares each step.
template <class T>
void check_steps(const owned_table<T>& start, const std::vector<table_batch<T>>& batches, const parameter_options& options,
                 const row_options& rows, std::uint64_t seed) {
  std::vector<owned_table<T>> expected;
  for (owned_table<T> now = start; const auto& batch : batches) {
    batch.step(now, rates(expected.size()), options.rule, rows);
    expected.push_back(now);
  }
  for_each_isa([&](const std::string&) {
    auto ours = start;
    int calls = 0;
    executor pool{3, &calls, run_backwards};
    optimizer o({.learning_rate = rates});
    o.add_table("t", ours.table(), rows, options);
    for (std::size_t step = 0; step < batches.size(); ++step) {
      threading how{.threads = thread_counts[(seed + step) % 4], .serial_below = 0};
      if (step + 1 == batches.size()) how = {.serial_below = 0, .pool = &pool};
      o.set_threading(how);
      batches[step].set(o, "t");
      CHECK(o.step().iteration == step);
      CHECK(same_arrays(ours.rows.memory, expected[step].rows.memory));
      CHECK(same_arrays(o.accumulators<T>("t"), expected[step].G));
    }
    CHECK((calls > 0 || batches.back().rows.indices.size() < 2));
    ++seed;
  });
}

template <class T>
struct trained {
  owned_table<T> table = make_usual_table<T>(50, 8, row_accumulators::elementwise, 3);
  std::vector<table_batch<T>> batches;
  trained() {
    for (std::uint64_t step = 0; step < 6; ++step) batches.push_back(make_usual_batch<T>(20, 50, 8, 11 + step));
  }
};

}  // namespace

TEST_CASE_TEMPLATE("the reference's bits over several steps with a schedule: all duplicates, accumulators, layouts, bags, threads", T,
                   float, double) {
  std::uint64_t seed = 1;
  for (const std::size_t width : {1, 7, 64})
    for (const std::size_t count : {0, 1, 40, 600}) {
      if (thin && width * count > 5000) continue;
      for (const auto kind : both_accumulators)
        for (const auto duplicates : all_duplicates)
          for (const bool in_bags : {false, true}) {
            random_bits random(++seed);
            CAPTURE(width);
            CAPTURE(count);
            CAPTURE(int(kind));
            CAPTURE(int(duplicates));
            CAPTURE(in_bags);
            const bool distinct = duplicates == duplicate_rule::unique;
            const std::size_t rows = distinct ? count + 3 : 1 + random() % (count / 2 + 9);
            const auto rules = all_rules(arithmetic::exact);
            parameter_options options{.rule = rules[random() % rules.size()], .initial_accumulator = random() % 2 ? 0.1 : 0};
            if (random() % 2) options.rule.weight_decay = 0.01, options.rule.proximal_l1 = 1e-3;
            row_options own{.accumulators = kind, .duplicates = duplicates};
            if (random() % 3 == 0) own.padding_index = static_cast<std::int64_t>(random() % rows);
            if (kind == row_accumulators::rowwise && options.rule.proximal_l1 == 0 && random() % 2) own.group_lasso = 0.01;
            std::vector<table_batch<T>> batches;
            for (int step = 0; step < 5; ++step) batches.push_back(make_table_batch<T>(count, rows, width, distinct, in_bags, random()));
            check_steps(make_owned_table<T>(rows, width, kind, static_cast<row_layout>(random() % 3), seed, options.initial_accumulator),
                        batches, options, own, seed);
          }
    }
}

TEST_CASE("tables and arrays of either type in one step, in groups with rates and options of their own, each as if it were alone") {
  for (const unsigned threads : thread_counts) {
    auto a = make_usual_table<float>(300, 16, row_accumulators::rowwise, 5), expected_a = a;
    auto b = make_usual_table<double>(200, 5, row_accumulators::elementwise, 6), expected_b = b;
    auto c = make_usual_table<float>(40, 33, row_accumulators::elementwise, 7), expected_c = c;
    auto x = usual_arrays<float>(3000, 8), expected_x = x;
    auto y = usual_arrays<double>(700, 9), expected_y = y;
    for (float& G : expected_x.accumulators) G = 0;
    for (double& G : expected_y.accumulators) G = 0;
    for (float& G : expected_c.G) G = 0.5F;
    optimizer o({.learning_rate = rates, .how = {.threads = threads, .serial_below = 0}});
    const inverse_time slow{.learning_rate = 0.05, .decay = 0.5};
    o.add_group(
        "tables",
        [](parameter_options& p) {
          p.rule.epsilon = 1e-3;
          p.initial_accumulator = 0.5;
        },
        slow);
    const row_options together{.accumulators = row_accumulators::rowwise}, mean{.duplicates = duplicate_rule::mean};
    o.add("x", x.parameters, std::span<const float>(x.gradients));
    CHECK(o.add_table("a", a.table(), together) == 1);
    o.add_table("c", c.table(), {}, in_group{"tables", [](parameter_options& p) { p.learning_rate_multiplier = 2; }});
    o.add("y", y.parameters, std::span<const double>(y.gradients));
    o.add_table("b", b.table(), mean, {.rule = {.weight_decay = 0.1}});
    CHECK(o.size() == 5);
    CHECK(o.name(4) == "b");
    CHECK(o.options("b").rule.weight_decay == 0.1);
    CHECK(o.options(2).initial_accumulator == 0.5);
    for (std::uint64_t step = 0; step < 4; ++step) {
      const auto of_a = make_table_batch<float>(500, 300, 16, false, step % 2, step),
                 of_c = make_table_batch<float>(9, 40, 33, false, false, step);
      const auto of_b = make_table_batch<double>(400, 200, 5, false, true, step);
      of_a.set(o, "a");
      of_b.set(o, "b");
      of_c.set(o, 2);
      CHECK(o.learning_rate("c") == 2 * slow(step));
      CHECK(o.learning_rate("a") == rates(step));
      o.step();
      of_a.step(expected_a, rates(step), {}, together);
      of_b.step(expected_b, rates(step), {.weight_decay = 0.1}, mean);
      of_c.step(expected_c, 2 * slow(step), {.epsilon = 1e-3}, {});
      reference::update(expected_x.parameters, expected_x.gradients, expected_x.accumulators, rates(step));
      reference::update(expected_y.parameters, expected_y.gradients, expected_y.accumulators, rates(step));
      CHECK(same_arrays(a.rows.memory, expected_a.rows.memory));
      CHECK(same_arrays(b.rows.memory, expected_b.rows.memory));
      CHECK(same_arrays(c.rows.memory, expected_c.rows.memory));
      CHECK(same_arrays(o.accumulators<float>("a"), expected_a.G));
      CHECK(same_arrays(o.accumulators<double>("b"), expected_b.G));
      CHECK(same_arrays(o.accumulators<float>("c"), expected_c.G));
      CHECK(same_arrays(x.parameters, expected_x.parameters));
      CHECK(same_arrays(y.parameters, expected_y.parameters));
    }
  }
}

TEST_CASE_TEMPLATE("a table without gradients is left wholly alone: no decay, no constraint, no debt, no count; the counter goes on", T,
                   float, double) {
  trained<T> m;
  const parameter_options decayed{.rule = {.weight_decay = 0.1, .decay_kind = weight_decay_kind::decoupled, .constraint = non_negative()}};
  optimizer o({.learning_rate = rates});
  o.add_table("t", m.table.table(), {.lazy = lazy_term::decoupled_decay}, decayed);
  o.step();
  CHECK(same_arrays(m.table.rows.memory, trained<T>().table.rows.memory));  // it never had any
  m.batches[0].set(o, "t");
  o.step();
  o.flush();
  const auto before = m.table.rows.memory;
  const std::vector<T> G(o.accumulators<T>("t").begin(), o.accumulators<T>("t").end());
  o.detach_gradients("t");
  for (int step = 0; step < 3; ++step) o.step();
  o.flush();
  CHECK(same_arrays(m.table.rows.memory, before));
  CHECK(same_arrays(o.accumulators<T>("t"), G));
  CHECK(o.iterations() == 5);
  m.batches[1].set(o, "t");
  o.step();
  CHECK_FALSE(same_arrays(m.table.rows.memory, before));
}

TEST_CASE_TEMPLATE("an empty batch moves nothing and counts; padding never moves and its gradients are not looked at", T, float, double) {
  trained<T> m;
  auto& batch = m.batches[0];
  const std::size_t n = batch.rows.indices.size();
  for (std::size_t i = 0; i < 8; ++i) const_cast<T*>(batch.rows.value(3))[i] = std::numeric_limits<T>::quiet_NaN();
  const std::int64_t padding = batch.rows.indices[3];
  optimizer o({.learning_rate = rates, .non_finite = non_finite_policy::error, .global_clip_norm = 1});
  o.add_table("t", m.table.table(), {.padding_index = padding}, {.rule = {.weight_decay = 0.1}});
  const auto before = m.table.rows.memory;
  const std::vector<std::int32_t> none;
  o.set_row_gradients("t", row_gradients<T>{none, {}});
  CHECK(o.step().outcome == step_outcome::moved);
  o.set_row_gradients("t", bag_gradients<T>{none, none, {}});
  CHECK(o.step().global_norm == 0);
  CHECK(same_arrays(m.table.rows.memory, before));
  CHECK(o.iterations() == 2);
  batch.set(o, "t");
  CHECK(std::isfinite(o.step().global_norm));
  const std::size_t begin = m.table.rows.offset + static_cast<std::size_t>(padding) * 8;
  for (std::size_t i = begin; i < begin + 8; ++i) CHECK(same(m.table.rows.memory[i], before[i]));
  CHECK(first_difference(m.table.rows.memory, before) < before.size());
  CHECK(n == 20);
}

TEST_CASE_TEMPLATE("set_table: other memory, another stride; the accumulators stay, what was there before is not touched", T, float,
                   double) {
  trained<T> m, expected;
  optimizer o({.learning_rate = rates});
  o.add_table("t", m.table.table());
  for (std::size_t step = 0; step < 2; ++step) m.batches[step].set(o, "t"), o.step();
  std::vector<T> elsewhere(50 * 11, T(7));
  for (std::size_t row = 0; row < 50; ++row) std::copy_n(m.table.rows.row(row), 8, elsewhere.data() + row * 11);
  const auto left = m.table.rows.memory;
  o.set_table("t", rows_view<T>{elsewhere.data(), 50, 8, 11});
  for (std::size_t step = 2; step < 4; ++step) m.batches[step].set(o, "t"), o.step();
  for (std::size_t step = 0; step < 4; ++step) expected.batches[step].step(expected.table, rates(step), {}, {});
  for (std::size_t row = 0; row < 50; ++row) {
    for (std::size_t i = 0; i < 8; ++i) CHECK(same(elsewhere[row * 11 + i], expected.table.rows.row(row)[i]));
    for (std::size_t i = 8; i < 11; ++i) CHECK(elsewhere[row * 11 + i] == 7);
  }
  CHECK(same_arrays(m.table.rows.memory, left));
  CHECK(same_arrays(o.accumulators<T>("t"), expected.table.G));
  CHECK(holds_all(refusal([&] {
                    o.set_table("t", rows_view<T>{elsewhere.data(), 49, 8, 11});
                  }),
                  {"parameter \"t\"", "49 rows of width 8 in place of 50 of width 8"}));
  CHECK(holds_all(refusal([&] { o.set_table("t", rows_view<T>{elsewhere.data(), 50, 7, 11}); }), {"width 7 in place of 50 of width 8"}));
  CHECK(holds_all(refusal([&] { o.set_table("t", rows_view<T>{nullptr, 50, 8}); }), {"parameter \"t\"", "null pointer"}));
}

TEST_CASE_TEMPLATE(
    "reset: as after adding, debts and counts too; state saved and loaded, and the optimizer moved, go on with the same bits", T, float,
    double) {
  const parameter_options decayed{.rule = {.weight_decay = 0.1, .decay_kind = weight_decay_kind::decoupled}, .initial_accumulator = 0.25};
  const parameter_options counted{.rule = {.weight_decay = 0.1}};
  const row_options kinds[] = {
      {}, {.accumulators = row_accumulators::rowwise}, {.lazy = lazy_term::decoupled_decay}, {.counter_halflife = 3}};
  for (std::size_t kind = 0; kind < 4; ++kind) {
    CAPTURE(kind);
    const auto& options = kind == 3 ? counted : decayed;
    trained<T> m;
    const auto start = m.table.rows.memory;
    optimizer o({.learning_rate = rates});
    o.add_table("t", m.table.table(), kinds[kind], options);
    const auto run = [&](optimizer& which, std::size_t begin, std::size_t end) {
      for (std::size_t step = begin; step < end; ++step) m.batches[step].set(which, "t"), which.step();
    };
    run(o, 0, 3);
    o.flush();
    run(o, 3, 6);
    const auto end = m.table.rows.memory;
    o.reset();
    CHECK(same_arrays(m.table.rows.memory, end));
    CHECK(o.iterations() == 0);
    CHECK(o.accumulators<T>("t").size() == (kind == 1 ? 50u : 400u));
    for (const T G : o.accumulators<T>("t")) CHECK(G == static_cast<T>(options.initial_accumulator));
    o.flush();
    CHECK(same_arrays(m.table.rows.memory, end));  // nothing is owed any more
    m.table.rows.memory = start;
    run(o, 0, 3);
    optimizer moved(std::move(o));
    moved.flush();
    optimizer assigned;
    assigned = std::move(moved);
    if (kind == 3) {  // counts are not among the arrays
      run(assigned, 3, 6);
      CHECK(same_arrays(m.table.rows.memory, end));
      continue;
    }
    const std::vector<T> saved(assigned.accumulators<T>("t").begin(), assigned.accumulators<T>("t").end());
    optimizer loaded({.learning_rate = rates});
    loaded.add_table("t", m.table.table(), kinds[kind], options);
    loaded.set_accumulators("t", saved);
    loaded.set_iterations(assigned.iterations());
    run(loaded, 3, 6);
    CHECK(same_arrays(m.table.rows.memory, end));
  }
}

TEST_CASE("a table takes what is for tables, other parameters what is for them") {
  trained<float> m;
  std::vector<float> w(8), g(8);
  std::vector<double> wrong(400);
  optimizer o;
  o.add("w", w, g);
  o.add_table("t", m.table.table());
  CHECK(holds_all(refusal([&] { o.set_parameters("t", std::span<float>(w)); }), {"parameter \"t\"", "use set_table"}));
  CHECK(holds_all(refusal([&] { o.set_gradients("t", g); }), {"parameter \"t\"", "use set_row_gradients"}));
  CHECK(holds_all(refusal([&] { o.set_table("w", rows_view<float>{w.data(), 1, 8}); }), {"parameter \"w\"", "use set_parameters"}));
  CHECK(holds_all(refusal([&] { m.batches[0].set(o, "w"); }), {"parameter \"w\"", "use set_gradients"}));
  CHECK(holds_all(refusal([&] { trained<double>().batches[0].set(o, "t"); }), {"parameter \"t\": its elements are float, not double"}));
  CHECK(holds_all(refusal([&] { o.set_table("t", rows_view<double>{wrong.data(), 50, 8}); }), {"its elements are float, not double"}));
  CHECK(holds_all(refusal([&] { o.add_table("t", rows_view<float>{w.data(), 1, 8}); }), {"parameter \"t\"", "in use already"}));
  CHECK(holds_all(refusal([&] { o.add_table("u", rows_view<float>{w.data(), 1, 8}); }), {"\"u\"", "overlap those of \"w\""}));
  CHECK(holds_all(refusal([&] {
                    o.add_table("u", rows_view<double>{wrong.data(), 50, 8}, {.padding_index = 50});
                  }),
                  {"parameter \"u\"", "padding_index is 50, but the table has 50 rows"}));
  CHECK(o.size() == 2);
}
