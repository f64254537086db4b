// adagrad::update_rows: checks, order, split over threads.
#include <algorithm>

#include "adagrad/rows.hpp"
#include "dispatch/registry.hpp"
#include "parallel/region.hpp"
#include "rows/job.hpp"
#include "validate/arrays.hpp"
#include "validate/numbers.hpp"

namespace adagrad {
namespace rows {
namespace {

// What the parts of a call share.
template <class T>
struct call {
  const job<T>& work;
  std::size_t parts, scratch;
  T* memory;

  static void run_part(void* context, std::size_t index) {
    const call& self = *static_cast<const call*>(context);
    const order& appearances = self.work.appearances;
    sweep(self.work, appearances.edge(index, self.parts), appearances.edge(index + 1, self.parts), self.memory + index * self.scratch);
  }
};

void check_indices(const row_indices& indices, std::size_t table_rows) {
  const std::size_t bad = validate::find_bad_index(indices, 0, indices.size(), table_rows);
  if (bad < indices.size()) validate::fail_index(indices, bad, table_rows);
}

template <class T, class Gradients>
update_report checked_update(rows_workspace::buffers& memory, rows_view<T> table, rows_view<T> accumulators, const Gradients& gradients,
                             double rate, const update_options& rule, const row_options& options, const threading& how) {
  validate::threads(how);
  validate::table<T>(table, accumulators, options.accumulators);
  validate::gradients(gradients, table.width);
  validate::apart<T>("table", table, gradients);
  validate::apart<T>("accumulators", accumulators, gradients);
  validate::padding(options, table.rows);
  validate::learning_rate<T>(rate);
  const auto plan = validate::make_row_plan<T>(rule, options);
  const auto view = [](rows_view<T> v) { return rows_view<T>{v.data, v.rows, v.width, v.stride != 0 ? v.stride : v.width}; };
  job<T> work{.kernels = &dispatch::active(),
              .table = view(table),
              .accumulators = view(accumulators),
              .plan = plan,
              .now = dense::make_moment(plan.rule, rate),
              .gradients = {},
              .appearances = order(gradients.indices)};
  if (plan.group_lasso > 0) work.group_lasso = validate::product<T>("learning_rate * group_lasso", rate, plan.group_lasso);
  check_indices(gradients.indices, table.rows);
  const std::size_t count = gradients.indices.size();
  const std::size_t parts =
      std::clamp<std::size_t>(parallel::ways(how, 5 * sizeof(T) * count * table.width), 1, std::max<std::size_t>(count, 1));
  work.gradients = list_gradients(gradients, memory);
  put_in_order(work, memory, parts, how);
#ifndef NDEBUG
  if (plan.duplicates == duplicate_rule::unique) check_unique(gradients.indices, table.rows, plan.padding_index, memory);
#endif
  call<T> c{work, parts, scratch_of(work), memory.rows.get<T>(parts * scratch_of(work))};
  return {parallel::run(how, parts, call<T>::run_part, &c)};
}

}  // namespace
}  // namespace rows

#define ADAGRAD_FOR(T, Gradients)                                                                                                  \
  update_report update_rows(rows_view<T> table, rows_view<T> accumulators, const Gradients<T>& gradients, double learning_rate,    \
                            const update_options& rule, const row_options& rows, const threading& how) {                           \
    rows_workspace scratch;                                                                                                        \
    return rows::checked_update<T>(scratch.get(), table, accumulators, gradients, learning_rate, rule, rows, how);                 \
  }                                                                                                                                \
  update_report update_rows(rows_workspace& scratch, rows_view<T> table, rows_view<T> accumulators, const Gradients<T>& gradients, \
                            double learning_rate, const update_options& rule, const row_options& rows, const threading& how) {     \
    return rows::checked_update<T>(scratch.get(), table, accumulators, gradients, learning_rate, rule, rows, how);                 \
  }
ADAGRAD_FOR(float, row_gradients)
ADAGRAD_FOR(double, row_gradients)
ADAGRAD_FOR(float, bag_gradients)
ADAGRAD_FOR(double, bag_gradients)
#undef ADAGRAD_FOR

}  // namespace adagrad
