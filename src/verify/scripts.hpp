// Scripted runs: a fixed training run each, whose whole final state has one SHA-256, the same for every instruction set, thread count,
// compiler and architecture. A script never changes once it has a constant; a new feature adds a script of its own.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "adagrad/reference.hpp"
#include "adagrad/rows.hpp"
#include "adagrad/update.hpp"

namespace adagrad::verify {

// Who takes the steps of a script: the library with so many threads and the instruction set in force, or the scalar reference.
struct subject {
  unsigned threads;  // 0: the reference

  template <class T>
  void update(std::span<T> parameters, std::span<const T> gradients, std::span<T> accumulators, double rate,
              const update_options& options) const {
    if (threads == 0) reference::update(parameters, gradients, accumulators, rate, options);
    else adagrad::update(parameters, gradients, accumulators, rate, options, {.threads = threads, .serial_below = 0});
  }
  template <class T>
  void update_rows(rows_view<T> table, rows_view<T> accumulators, const row_gradients<T>& gradients, double rate,
                   const update_options& rule, const row_options& rows) const {
    if (threads == 0) reference::update_rows(table, accumulators, gradients, rate, rule, rows);
    else adagrad::update_rows(table, accumulators, gradients, rate, rule, rows, {.threads = threads, .serial_below = 0});
  }
  template <class T>
  void update_rows(rows_view<T> table, rows_view<T> accumulators, const bag_gradients<T>& bags, double rate, const update_options& rule,
                   const row_options& rows) const {
    if (threads > 0)
      return (void)adagrad::update_rows(table, accumulators, bags, rate, rule, rows, {.threads = threads, .serial_below = 0});
    std::vector<T> values(bags.indices.size() * table.width);
    const rows_view<T> expanded{values.data(), bags.indices.size(), table.width};
    reference::expand(expanded, bags);
    reference::update_rows(table, accumulators, row_gradients<T>{bags.indices, expanded}, rate, rule, rows);
  }
};

struct script {
  const char* name;
  std::string (*run)(const subject&);  // the SHA-256 of the final state, 64 hex digits
  const char* expected;
};

std::span<const script> scripts();

std::string dense_v1(const subject& who);
std::string keras1_v1(const subject& who);
std::string rows_v1(const subject& who);

}  // namespace adagrad::verify
