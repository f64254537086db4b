/// What --reference trains with: as much of adagrad::optimizer as the trainers use, over the library's scalar reference.
#pragma once

#include <adagrad/adagrad.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace example {

/// Every member does what adagrad::optimizer's member of that name does, on one thread. There is one table at most, added first.
class reference_optimizer {
 public:
  explicit reference_optimizer(adagrad::schedule learning_rate) : learning_rate_(std::move(learning_rate)) {}

  std::size_t add_table(const std::string& /*name*/, adagrad::rows_view<float> table, const adagrad::row_options& rows) {
    table_ = table;
    rows_ = rows;
    accumulators_.emplace_back(table.rows * (rows.accumulators == adagrad::row_accumulators::rowwise ? 1 : table.width));
    return accumulators_.size() - 1;
  }

  std::size_t add(const std::string& /*name*/, std::span<float> parameters, std::span<const float> gradients) {
    dense_.push_back({parameters, gradients, accumulators_.size()});
    accumulators_.emplace_back(parameters.size());
    return accumulators_.size() - 1;
  }

  void set_row_gradients(std::size_t /*index*/, const adagrad::bag_gradients<float>& gradients) { bags_ = gradients; }

  adagrad::step_report step() {
    const double rate = learning_rate_(iterations_);
    if (table_.rows != 0) {
      step_table(rate);
    }
    for (const array& each : dense_) {
      adagrad::reference::update(each.parameters, each.gradients, accumulators_[each.accumulators], rate);
    }
    return {.learning_rate = rate, .iteration = iterations_++, .threads = 1};
  }

  template <class T>
  std::span<const T> accumulators(std::size_t index) const {
    return accumulators_[index];
  }

 private:
  struct array {
    std::span<float> parameters;
    std::span<const float> gradients;
    std::size_t accumulators;  // which
  };

  void step_table(double rate) {
    values_.resize(bags_.indices.size() * table_.width);
    const adagrad::rows_view<float> values{values_.data(), bags_.indices.size(), table_.width};
    adagrad::reference::expand(values, bags_);
    std::vector<float>& accumulators = accumulators_.front();
    adagrad::reference::update_rows(table_, {accumulators.data(), table_.rows, accumulators.size() / table_.rows},
                                    adagrad::row_gradients<float>{bags_.indices, values}, rate, {}, rows_);
  }

  adagrad::schedule learning_rate_;
  adagrad::rows_view<float> table_;
  adagrad::row_options rows_;
  adagrad::bag_gradients<float> bags_;
  std::vector<array> dense_;
  std::vector<std::vector<float>> accumulators_;
  std::vector<float> values_;
  std::uint64_t iterations_ = 0;
};

}  // namespace example
