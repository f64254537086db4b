// Updates of rows: duplicates combined in order of appearance, then one row after the other.
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "adagrad/reference.hpp"
#include "reference/ordered_sum.hpp"
#include "reference/whole_step.hpp"
#include "validate/numbers.hpp"
#include "validate/rows.hpp"

namespace adagrad::reference {
namespace {

template <class T>
T* row(const rows_view<T>& view, std::size_t i) {
  return view.data + i * (view.stride == 0 ? view.width : view.stride);
}

template <class T>
class row_step {
 public:
  row_step(const validate::row_plan<T>& plan, double rate)
      : step_(plan.rule, rate),
        rowwise_(plan.rowwise),
        lasso_(validate::product<T>("learning_rate * group_lasso", rate, plan.group_lasso)) {}

  // `g` is the combined gradient, as wide as the row; it is used up.
  void operator()(std::span<T> w, std::span<T> g, T* accumulators) const {
    if (rowwise_) return move_row(w, g, *accumulators);
    for (std::size_t i = 0; i < w.size(); ++i) step_(w[i], g[i], accumulators[i]);
  }

 private:
  void move_row(std::span<T> w, std::span<T> g, T& accumulator) const {
    const auto& plan = step_.plan;
    auto preparation = plan.preparation;
    preparation.drops_vanished = false;  // that is for the row as a whole
    for (std::size_t i = 0; i < w.size(); ++i) {
      g[i] = prepared<T>(g[i], w[i], accumulator, nullptr, preparation);
      w[i] = step_.decayed(w[i]);
    }
    const T before = accumulator;
    const auto mean = static_cast<T>(mean_square(g.size(), [&](std::size_t i) { return g[i]; }));
    if (plan.preparation.drops_vanished && before == 0 && mean == 0) std::ranges::fill(g, T(0));
    if (plan.accumulates) accumulator = (plan.accumulation.decay == 1 ? before : plan.accumulation.decay * before) + mean;
    const T used = plan.step.root_before_gradient ? before : accumulator;
    for (std::size_t i = 0; i < w.size(); ++i) w[i] = moved(w[i], g[i], used, plan.step, step_.terms);
    if (lasso_ > 0 && used > 0) shrink_row(w, denominator(used, plan.step));
    for (T& x : w) x = constrained(x, plan.constraint);
  }

  void shrink_row(std::span<T> w, T H) const {
    const auto n = static_cast<T>(ordered_norm(w.size(), [&](std::size_t i) { return w[i]; }));
    const T rest = 1 - lasso_ / (H * n);
    const T factor = n == 0 || rest < 0 ? T(0) : rest;
    for (T& x : w) x = x * factor;
  }

  whole_step<T> step_;
  bool rowwise_;
  T lasso_;  // learning_rate * group_lasso
};

// The positions at which each row appears, in their order, and its update or updates.
template <class T>
void update_each(rows_view<T> table, rows_view<T> accumulators, const row_gradients<T>& batch, const validate::row_plan<T>& plan,
                 const row_step<T>& step) {
  const row_indices& indices = batch.indices;
  std::map<std::int64_t, std::vector<std::size_t>> appearances;
  for (std::size_t i = 0; i < indices.size(); ++i)
    if (indices[i] != plan.padding_index) appearances[indices[i]].push_back(i);
  std::vector<T> g(table.width);
  for (const auto& [index, positions] : appearances) {
    const auto r = static_cast<std::size_t>(index);
    const std::span<T> w(row(table, r), table.width);
    for (std::size_t n = 0; n < positions.size(); ++n) {
      const T* const value = row(batch.values, positions[n]);
      const bool adds = n > 0 && plan.duplicates != duplicate_rule::sequential;
      for (std::size_t i = 0; i < g.size(); ++i) g[i] = adds ? g[i] + value[i] : value[i];
      if (plan.duplicates == duplicate_rule::sequential) step(w, g, row(accumulators, r));
    }
    if (plan.duplicates == duplicate_rule::sequential) continue;
    if (plan.duplicates == duplicate_rule::mean && positions.size() > 1)
      for (T& x : g) x = x / static_cast<T>(positions.size());
    step(w, g, row(accumulators, r));
  }
}

template <class T>
void checked_update(rows_view<T> table, rows_view<T> accumulators, const row_gradients<T>& batch, double rate, const update_options& rule,
                    const row_options& rows) {
  const auto plan = validate::make_row_plan<T>(rule, rows);
  const row_step<T> step(plan, rate);
  validate::table<T>(table, accumulators, rows.accumulators);
  validate::padding(rows, table.rows);
  validate::gradients<T>(batch, table.width);
  validate::apart<T>("table", table, batch);
  validate::apart<T>("accumulators", accumulators, batch);
  const std::size_t bad = validate::find_bad_index(batch.indices, 0, batch.indices.size(), table.rows);
  if (bad < batch.indices.size()) validate::fail_index(batch.indices, bad, table.rows);
  update_each<T>(table, accumulators, batch, plan, step);
}

template <class T>
void spread(rows_view<T> values, const bag_gradients<T>& bags) {
  for (std::size_t b = 0; b < bags.gradients.rows; ++b) {
    const auto first = static_cast<std::size_t>(bags.offsets[b]);
    const auto last = b + 1 < bags.offsets.size() ? static_cast<std::size_t>(bags.offsets[b + 1]) : bags.indices.size();
    const T* const g = row(bags.gradients, b);
    for (std::size_t i = first; i < last; ++i) {
      T factor = bags.weights.empty() ? T(1) : bags.weights[i];
      if (bags.pooled == pooling::mean) factor = factor / static_cast<T>(last - first);
      for (std::size_t j = 0; j < values.width; ++j) row(values, i)[j] = factor * g[j];
    }
  }
}

template <class T>
void checked_expand(rows_view<T> values, const bag_gradients<T>& bags) {
  validate::view<T>("values", values);
  if (values.rows != bags.indices.size())
    validate::fail(nullptr, "values.rows is " + std::to_string(values.rows) + ", but there are " + std::to_string(bags.indices.size()) +
                                " indices: pass one row of values for each index");
  validate::gradients<T>(bags, values.width);
  validate::apart<T>("values", values, bags);
  spread(values, bags);
}

}  // namespace

#define ADAGRAD_FOR(T)                                                                                                     \
  void update_rows(rows_view<T> table, rows_view<T> accumulators, const row_gradients<T>& gradients, double learning_rate, \
                   const update_options& rule, const row_options& rows) {                                                  \
    checked_update<T>(table, accumulators, gradients, learning_rate, rule, rows);                                          \
  }                                                                                                                        \
  void expand(rows_view<T> values, const bag_gradients<T>& gradients) { checked_expand<T>(values, gradients); }
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad::reference
