// A table with a lazy term beside the eager one, which acts on every row at every step, and a bound on how far rounding takes them apart.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/tables.hpp"

namespace adagrad::test {

struct lazy_case {
  std::string name;
  row_options rows;
  update_options rule;
  bool constant_rate = false;
};

// Every term with each kind of accumulators that it goes with.
inline std::vector<lazy_case> lazy_cases() {
  const auto decoupled = weight_decay_kind::decoupled;
  const auto rowwise = row_accumulators::rowwise, elementwise = row_accumulators::elementwise;
  std::vector<lazy_case> cases;
  for (const auto kind : {elementwise, rowwise}) {
    const std::string of = kind == rowwise ? ", row-wise" : ", element-wise";
    cases.push_back(
        {"decay" + of, {.accumulators = kind, .lazy = lazy_term::decoupled_decay}, {.weight_decay = 0.2, .decay_kind = decoupled}});
    cases.push_back({"decay, not negative" + of,
                     {.accumulators = kind, .lazy = lazy_term::decoupled_decay},
                     {.weight_decay = 0.2, .decay_kind = decoupled, .constraint = non_negative()}});
    cases.push_back({"l1" + of, {.accumulators = kind, .lazy = lazy_term::l1}, {.proximal_l1 = 0.02}});
    cases.push_back({"l1, not negative" + of,
                     {.accumulators = kind, .lazy = lazy_term::l1},
                     {.weight_decay = 0, .proximal_l1 = 0.02, .constraint = non_negative()}});
    cases.push_back({"elastic net, not negative" + of,
                     {.accumulators = kind, .lazy = lazy_term::elastic_net},
                     {.weight_decay = 0, .proximal_l1 = 0.01, .proximal_l2 = 0.2, .constraint = non_negative()},
                     true});
    cases.push_back({"l1, epsilon inside, G before" + of,
                     {.accumulators = kind, .lazy = lazy_term::l1},
                     {.epsilon = 0.1,
                      .epsilon_placement = epsilon_place::inside_root,
                      .accumulator_used = accumulator_use::before,
                      .weight_decay = 0,
                      .proximal_l1 = 0.02}});
    cases.push_back({"l2" + of, {.accumulators = kind, .lazy = lazy_term::l2}, {.proximal_l2 = 0.2}, true});
    cases.push_back(
        {"elastic net" + of, {.accumulators = kind, .lazy = lazy_term::elastic_net}, {.proximal_l1 = 0.01, .proximal_l2 = 0.2}, true});
  }
  cases.push_back({"group lasso", {.accumulators = rowwise, .group_lasso = 0.05, .lazy = lazy_term::group_lasso}, {}});
  return cases;
}

inline double changing_rate(std::uint64_t iteration) { return 0.01 + 0.01 * static_cast<double>(iteration * 7 % 5); }
inline schedule rate_of(const lazy_case& c) {
  if (c.constant_rate) return 0.03;
  return changing_rate;
}

inline constexpr std::size_t lazy_rows = 24, lazy_width = 5;

// From no row to five, some of them twice; row 0 never, row 1 in the first hundred steps only, column 2 of even rows with no gradient ever.
template <class T>
table_batch<T> lazy_batch(std::uint64_t step) {
  random_bits random(step + 1);
  std::vector<std::int64_t> indices(random() % 6);
  for (auto& i : indices) i = static_cast<std::int64_t>((step < 100 ? 1 : 2) + random() % (lazy_rows - 2));
  table_batch<T> b{make_row_batch<T>(indices, lazy_width, random())};
  for (std::size_t i = 0; i < indices.size(); ++i)
    for (std::size_t j = 0; j < lazy_width; ++j)
      b.rows.memory[b.rows.offset + i * b.rows.stride + j] = j == 2 && indices[i] % 2 == 0 ? T(0) : static_cast<T>(random.between(-1, 1));
  return b;
}

// Every row at every step: those that are absent have the gradient 0.
template <class T>
class eager_table {
 public:
  explicit eager_table(const lazy_case& c, double initial_accumulator = 0)
      : table(make_usual_table<T>(lazy_rows, lazy_width, c.rows.accumulators, 5)), rule_(c.rule), rows_(c.rows) {
    rows_.lazy = lazy_term::none;
    std::ranges::fill(table.G, static_cast<T>(initial_accumulator));
    strength_ = std::max({rule_.proximal_l1, rows_.group_lasso, 0.0});
  }

  void step(const table_batch<T>& batch, double rate) {
    std::vector<T> values(lazy_rows * lazy_width);
    std::vector<std::int64_t> all(lazy_rows);
    std::vector<int> seen(lazy_rows);
    for (std::size_t r = 0; r < lazy_rows; ++r) all[r] = static_cast<std::int64_t>(r);
    for (std::size_t i = 0; i < batch.rows.indices.size(); ++i) {
      const auto r = static_cast<std::size_t>(batch.rows.indices[i]);
      for (std::size_t j = 0; j < lazy_width; ++j) {
        T& sum = values[r * lazy_width + j];
        sum = seen[r] ? sum + batch.rows.value(i)[j] : batch.rows.value(i)[j];
      }
      seen[r] = 1;
    }
    for (std::size_t r = 0; r < lazy_rows; ++r) touched_[r] += seen[r];
    reference::update_rows(table.table(), table.accumulators(), {all, {values.data(), lazy_rows, lazy_width}}, rate, rule_, rows_);
    ++steps_;
    rates_ += rate;
    for (std::size_t r = 0; r < lazy_rows; ++r) {
      double squares = 0;
      for (std::size_t j = 0; j < lazy_width; ++j) squares += std::pow(static_cast<double>(table.rows.row(r)[j]), 2);
      // Between shrinking and moving a row may be longer, by a move: each element's |lr * g / H| is at most lr * sqrt(width), as g² is in G.
      longest_ = std::max(longest_, std::sqrt(squares) + rate * static_cast<double>(lazy_width));
    }
    for (const T G : table.G)
      if (G > 0) smallest_H_ = std::min(smallest_H_, std::sqrt(static_cast<double>(G)));
  }

  // The largest l2 distance between rows, eager and lazy. Every term shrinks distances or keeps them, and moves do not look at w, so that errors add
  // up, at most. With u half an ulp of 1 and R the longest that any row was: one step, or one payment, has no more than eight operations on w or on
  // what it is multiplied with or reduced by, each off by at most u * R; there are `steps` eager ones, as many lazy ones at most, and `payments`,
  // before each step that touches a row and at each flush. In double, sums of rates are off by steps * 2^-53 times the last of them, each payment by
  // two such sums: times w for the decay, by strength / H in each element for l1 and lasso.
  double bound(double flushes = 1) const {
    const double u = std::numeric_limits<T>::epsilon() / 2, R = longest_, steps = steps_,
                 payments = *std::ranges::max_element(touched_) + flushes;
    const double each = 2 * steps * 0x1p-53 * rates_;
    const double sums = rule_.weight_decay > 0 ? each * 2 * rule_.weight_decay * R
                        : strength_ > 0        ? each * strength_ / smallest_H_ * std::sqrt(static_cast<double>(lazy_width))
                                               : 0;
    return 8 * (2 * steps + payments) * u * R + payments * sums;
  }

  // The largest distance of a row from this one's.
  double distance(const std::vector<T>& memory) const {
    double most = 0;
    for (std::size_t r = 0; r < lazy_rows; ++r) {
      double squares = 0;
      for (std::size_t j = 0; j < lazy_width; ++j) {
        const std::size_t i = table.rows.offset + r * lazy_width + j;
        squares += std::pow(static_cast<double>(memory[i]) - static_cast<double>(table.rows.memory[i]), 2);
      }
      most = std::isnan(squares) ? squares : std::max(most, std::sqrt(squares));
    }
    return most;
  }

  owned_table<T> table;

 private:
  update_options rule_;
  row_options rows_;
  std::vector<double> touched_ = std::vector<double>(lazy_rows, 0.0);
  double strength_, steps_ = 0, rates_ = 0, longest_ = 0, smallest_H_ = std::numeric_limits<double>::infinity();
};

}  // namespace adagrad::test
