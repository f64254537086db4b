// adagrad::update_rows: what is checked before it becomes a job.
#include "adagrad/rows.hpp"

#include "rows/run.hpp"
#include "validate/arrays.hpp"
#include "validate/numbers.hpp"

namespace adagrad {
namespace rows {
namespace {

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
  auto job = make_job<T>(table, accumulators, validate::make_row_plan<T>(rule, options), rate);
  take_gradients(job, gradients, memory, how);
  return {run(job, memory, how)};
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
