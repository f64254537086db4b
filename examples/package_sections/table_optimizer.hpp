/// Until adagrad::optimizer has tables: the same shape over update_rows.
#pragma once

#include <adagrad/adagrad.hpp>
#include <adagrad/rows.hpp>
#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace sections {

class table_optimizer {
 public:
  explicit table_optimizer(const adagrad::optimizer_options& options) : dense_(options), how_(options.how) {}

  std::size_t add_table(const std::string& /*name*/, adagrad::rows_view<float> table, const adagrad::row_options& rows) {
    table_ = table;
    rows_ = rows;
    accumulators_.resize(table.rows * (rows.accumulators == adagrad::row_accumulators::rowwise ? 1 : table.width));
    return 0;
  }
  std::size_t add(const std::string& name, std::span<float> parameters, std::span<const float> gradients) {
    return dense_.add(name, parameters, gradients) + 1;
  }
  void set_row_gradients(std::size_t /*index*/, const adagrad::bag_gradients<float>& gradients) { bags_ = gradients; }
  adagrad::step_report step() {
    const auto done = adagrad::update_rows(scratch_, table_, {accumulators_.data(), table_.rows, accumulators_.size() / table_.rows}, bags_,
                                           dense_.learning_rate(), {}, rows_, how_);
    auto report = dense_.step();
    report.threads = std::max(report.threads, done.threads);
    return report;
  }
  template <class T>
  std::span<const T> accumulators(std::size_t index) {
    return index == 0 ? std::span<const T>(accumulators_) : dense_.accumulators<T>(index - 1);
  }

 private:
  adagrad::optimizer dense_;
  adagrad::threading how_;
  adagrad::rows_workspace scratch_;
  adagrad::rows_view<float> table_;
  adagrad::row_options rows_;
  adagrad::bag_gradients<float> bags_;
  std::vector<float> accumulators_;
};

}  // namespace sections
