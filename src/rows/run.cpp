#include "rows/run.hpp"

#include <algorithm>

#include "dispatch/registry.hpp"
#include "parallel/region.hpp"
#include "validate/numbers.hpp"

namespace adagrad::rows {
namespace {

// Fewer appearances than this are sorted by one thread: the others would be waited for longer.
constexpr std::size_t sorted_alone = 32'768;

// What the parts of a job share.
template <class T>
struct region {
  const job<T>& work;
  T* memory;

  static void run_part(void* context, std::size_t index) {
    const region& r = *static_cast<const region*>(context);
    const order& appearances = r.work.appearances;
    const std::size_t parts = r.work.parts;
    sweep(r.work, appearances.edge(index, parts), appearances.edge(index + 1, parts), r.memory + index * scratch_of(r.work));
  }
};

}  // namespace

template <class T>
job<T> make_job(rows_view<T> table, rows_view<T> accumulators, const validate::row_plan<T>& plan, double rate, const std::string* name) {
  job<T> made{.kernels = &dispatch::active(),
              .table = without_default(table),
              .accumulators = without_default(accumulators),
              .plan = plan,
              .now = dense::make_moment(plan.rule, rate, name),
              .gradients = {},
              .appearances = {}};
  if (plan.group_lasso > 0) made.group_lasso = validate::product<T>("learning_rate * group_lasso", rate, plan.group_lasso, name);
  return made;
}

template <class T, class Gradients>
void take_gradients(job<T>& job, const Gradients& gradients, rows_workspace::buffers& memory, const threading& how,
                    const std::string* name) {
  const row_indices& indices = gradients.indices;
  const std::size_t count = indices.size(), bad = validate::find_bad_index(indices, 0, count, job.table.rows);
  if (bad < count) validate::fail_index(indices, bad, job.table.rows, name);
  const duplicate_rule duplicates = job.plan.duplicates;
#ifndef NDEBUG
  if (duplicates == duplicate_rule::unique) check_unique(indices, job.table.rows, job.plan.padding_index, memory, name);
#endif
  job.appearances = order(indices);
  job.gradients = list_gradients(gradients, memory);
  job.parts = std::clamp<std::size_t>(parallel::ways(how, 5 * sizeof(T) * count * job.width()), 1, std::max<std::size_t>(count, 1));
  memory.rows.get<T>(job.parts * scratch_of(job));
  // What looks at a row's first update needs them side by side, too.
  if (job.combines() || (duplicates == duplicate_rule::sequential && (job.parts > 1 || job.care != nullptr)))
    job.appearances.sort(job.table.rows, memory, count < sorted_alone ? 1 : job.parts, how);
}

template <class T>
unsigned run(const job<T>& job, rows_workspace::buffers& memory, const threading& how) {
  region<T> r{job, memory.rows.get<T>(job.parts * scratch_of(job))};
  return parallel::run(how, job.parts, region<T>::run_part, &r);
}

#define ADAGRAD_FOR(T)                                                                                                               \
  template job<T> make_job<T>(rows_view<T>, rows_view<T>, const validate::row_plan<T>&, double, const std::string*);                 \
  template void take_gradients<T>(job<T>&, const row_gradients<T>&, rows_workspace::buffers&, const threading&, const std::string*); \
  template void take_gradients<T>(job<T>&, const bag_gradients<T>&, rows_workspace::buffers&, const threading&, const std::string*); \
  template unsigned run<T>(const job<T>&, rows_workspace::buffers&, const threading&);
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad::rows
