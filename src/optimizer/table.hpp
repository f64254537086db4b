// An embedding table among the parameters of an optimizer: its view, its gradients, and what is remembered of its rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "adagrad/rows.hpp"
#include "rows/job.hpp"
#include "validate/rows.hpp"
#include "validate/shape.hpp"

namespace adagrad {

// What all rows have had to pay so far, and up to where each of them has paid.
struct row_debts {
  std::vector<double> paid;  // for each row; empty where nothing is lazy
  double owed = 0;           // by a row that never paid
};

// Owned by one step: pays debts, counts calls, constrains norms.
template <class T>
class table_care final : public rows::row_care<T> {
 public:
  lazy_term lazy = lazy_term::none;
  const kernels::typed_table<T>* kernels = nullptr;
  const validate::plan<T>* plan = nullptr;  // its constraint holds for what was paid, too
  bool rowwise = false;
  std::size_t width = 0;
  double strength = 0, strength2 = 0;  // what the debt is multiplied by: of L1, group lasso; of a constant rate: T(rate * strength)
  double owed = 0, owed_after = 0;     // before and after this step
  double* paid = nullptr;
  std::uint64_t* counts = nullptr;
  double decay_for_one = 0;  // weight_decay * counter_halflife
  const validate::norm_bounds<T>* norms = nullptr;

  T before(std::size_t row, T* w, const T* G, T decay, bool first) const noexcept override;
  void after(T* w) const noexcept override;
  // Brings a row up to `owed`.
  void pay(std::size_t row, T* w, const T* G) const noexcept;
};

template <class T>
struct table_of {
  rows_view<T> view;  // its stride is not 0
  validate::row_plan<T> plan;
  std::optional<validate::norm_bounds<T>> norms;
  std::variant<std::monostate, row_gradients<T>, bag_gradients<T>> gradients;
  std::optional<rows::job<T>> job;  // of the step under way
  table_care<T> care{};
};

struct table {
  row_options options;
  std::variant<table_of<float>, table_of<double>> typed;
  row_debts debts;
  std::vector<std::uint64_t> counts;  // of calls that touched a row; empty where they are not counted
  rows_workspace scratch;
  double sum_of_squares = 0;  // of the gradients of the step under way, where norms are looked at

  // As if no step had been.
  void forget() noexcept {
    std::fill(debts.paid.begin(), debts.paid.end(), 0.0);
    std::fill(counts.begin(), counts.end(), 0);
    debts.owed = 0;
  }
  bool has_gradients() const noexcept {
    return std::visit([](const auto& t) { return t.gradients.index() != 0; }, typed);
  }
};

}  // namespace adagrad
