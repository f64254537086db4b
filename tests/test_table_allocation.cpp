// Steps over tables allocate nothing once they have seen the largest batch of each kind; where memory is missing nothing has changed.
#include <limits>

#include "doctest/doctest.h"
#include "support/counted_new.hpp"
#include "support/tables.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr std::size_t table_rows = 3000, width = 20;

template <class T>
struct fixture {
  owned_table<T> lazy = make_usual_table<T>(table_rows, width, row_accumulators::elementwise, 1), counted = lazy, bags = lazy;
  owned_table<T> together = make_usual_table<T>(table_rows, width, row_accumulators::rowwise, 2);
  std::vector<T> w = std::vector<T>(5000, T(1)), g = w;
  std::vector<table_batch<T>> batches, in_bags;

  fixture() {
    for (const std::size_t count : {2000, 1, 300, 1999, 0, 100}) {
      batches.push_back(make_usual_batch<T>(count, table_rows, width, count + 1));
      in_bags.push_back(make_table_batch<T>(count, table_rows, width, false, true, 7));
      in_bags.back().pooled = pooling::mean;
      for (T& x : in_bags.back().of_bags) x = T(0.25);
      in_bags.back().weights.assign(count, T(0.5));
    }
  }
  void add_to(optimizer& o) {
    const auto decoupled = weight_decay_kind::decoupled;
    o.add("w", w, std::span<const T>(g));
    o.add_table("lazy", lazy.table(), {.lazy = lazy_term::decoupled_decay}, {.rule = {.weight_decay = 0.1, .decay_kind = decoupled}});
    o.add_table("counted", counted.table(), {.duplicates = duplicate_rule::sequential, .counter_halflife = 2},
                {.rule = {.weight_decay = 0.1, .constraint = max_norm(2, {1})}});
    o.add_table("bags", bags.table());
    o.add_table("together", together.table(), {.accumulators = row_accumulators::rowwise, .duplicates = duplicate_rule::mean});
  }
  void set(optimizer& o, std::size_t batch) const {
    for (const char* name : {"lazy", "counted", "together"}) batches[batch].set(o, name);
    in_bags[batch].set(o, "bags");
  }
};

}  // namespace

TEST_CASE_TEMPLATE("no allocation after the largest batch, whatever a step does", T, float, double) {
  for (const bool looks : {false, true})
    for (const unsigned threads : {1u, 3u}) {
      fixture<T> f;
      optimizer o({.learning_rate = inverse_time{0.1, 0.1},
                   .non_finite = looks ? non_finite_policy::skip : non_finite_policy::propagate,
                   .global_clip_norm = looks ? 1 : std::numeric_limits<double>::infinity(),
                   .how = {.threads = threads, .serial_below = 0}});
      f.add_to(o);
      f.set(o, 0);
      o.step();
      o.flush();
      const std::size_t before = allocations;
      for (std::size_t step = 0; step < 2 * f.batches.size(); ++step) {
        f.set(o, step % f.batches.size());
        if (step == 4) o.detach_gradients("counted");
        o.step();
        if (step % 3 == 0) o.flush();
      }
      CHECK(allocations == before);
    }
}

TEST_CASE_TEMPLATE("out of memory at any allocation of a first step: std::bad_alloc, and nothing has changed", T, float, double) {
  fixture<T> f;
  const auto lazy = f.lazy.rows.memory, bags = f.bags.rows.memory, w = f.w;
  std::size_t failures = 0;
  for (long allowed = 0; allowed < 500; ++allowed) {
    optimizer o({.global_clip_norm = 1, .how = {.threads = 1}});  // asking the system for a number of threads does without memory
    f.add_to(o);
    f.set(o, 2);
    bool failed = false;
    until_failure = allowed;
    try {
      o.step();
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    until_failure = -1;
    if (!failed) break;
    ++failures;
    CHECK(same_arrays(f.lazy.rows.memory, lazy));
    CHECK(same_arrays(f.bags.rows.memory, bags));
    CHECK(f.w == w);
    CHECK(o.iterations() == 0);
    if (failures % 5 != 0) continue;
    o.step();  // what was taken is of use to the next
    CHECK_FALSE(same_arrays(f.lazy.rows.memory, lazy));
    f.lazy.rows.memory = lazy;
    f.bags.rows.memory = bags;
    f.w = w;
  }
  CHECK(failures > 10);
}
