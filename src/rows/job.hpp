// One table in one step: where its rows lie, which gradients they have and what is done with them. What update_rows and the optimizer both do.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "adagrad/rows.hpp"
#include "dense/sweep.hpp"
#include "kernels/table.hpp"
#include "rows/buffers.hpp"
#include "rows/order.hpp"
#include "validate/rows.hpp"

namespace adagrad::rows {

// The gradient of each appearance, whatever it came as.
template <class T>
struct gradient_list {
  const T* values = nullptr;  // of the first
  std::size_t stride = 0;
  const T* const* pointers = nullptr;  // to each, in place of the above
  const T* factors = nullptr;          // null: all 1

  const T* at(std::size_t position) const noexcept { return pointers != nullptr ? pointers[position] : values + position * stride; }
  T factor(std::size_t position) const noexcept { return factors != nullptr ? factors[position] : T(1); }
};

template <class T>
gradient_list<T> list_gradients(const row_gradients<T>& gradients, rows_workspace::buffers& memory);
template <class T>
gradient_list<T> list_gradients(const bag_gradients<T>& gradients, rows_workspace::buffers& memory);

// What only an optimizer does with a row. Called by several threads, for different rows.
template <class T>
class row_care {
 public:
  // Before an update; `first`: of this row in this step. Pays what the row owes, and returns its coupled decay, which is `decay` where it has none of its own.
  virtual T before(std::size_t row, T* w, const T* G, T decay, bool first) const noexcept = 0;
  virtual void after(T* w) const noexcept = 0;

 protected:
  ~row_care() = default;
};

template <class T>
struct job {
  const kernels::table* kernels;
  rows_view<T> table, accumulators;  // their strides are not 0
  validate::row_plan<T> plan;
  dense::moment<T> now;
  T group_lasso = 0;  // T(learning_rate * group_lasso)
  gradient_list<T> gradients;
  order appearances;
  const row_care<T>* care = nullptr;
  std::size_t parts = 1;  // side by side

  std::size_t width() const noexcept { return table.width; }
  bool combines() const noexcept { return plan.duplicates == duplicate_rule::sum || plan.duplicates == duplicate_rule::mean; }
};

// The same rows, their stride said.
template <class T>
rows_view<T> without_default(rows_view<T> view) noexcept {
  return {view.data, view.rows, view.width, view.stride != 0 ? view.stride : view.width};
}

// How many rows one thread has before it, and how many of them it already knows for those after: what walk.hpp fills and sweep.cpp works on.
std::size_t queue_length(std::size_t row_bytes) noexcept;
inline constexpr std::size_t longest_queue = 64;

// Scratch of one part, in elements.
template <class T>
std::size_t scratch_of(const job<T>& job) noexcept {
  return (queue_length(job.width() * sizeof(T)) + 1) * job.width();
}

// Updates the rows of the appearances [begin, end); between two parts lies an edge of the order. Allocates nothing.
template <class T>
void sweep(const job<T>& job, std::size_t begin, std::size_t end, T* scratch) noexcept;

// One row through all stages; `prepared` has room for a gradient. `first`: the row was not updated in this step yet.
template <class T>
void update_row(const job<T>& job, const kernels::row<T>& row, T* prepared, bool first) noexcept;

// H of a row with one accumulator, or of an element.
template <class T>
T denominator(T accumulator, const kernels::dense_step<T>& step) noexcept {
  return step.epsilon_inside_root ? std::sqrt(accumulator + step.epsilon) : std::sqrt(accumulator) + step.epsilon;
}

// The term row_options::group_lasso on a row, `strength` is T(learning_rate * group_lasso).
template <class T>
void lasso(const kernels::typed_table<T>& typed, T* w, std::size_t n, T strength, T denominator) noexcept;

}  // namespace adagrad::rows
