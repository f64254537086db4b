// One row through the stages of a step: with an accumulator for each element it is a short array, with one for all of them the stages are here.
#include <cmath>

#include "dense/norms.hpp"
#include "rows/job.hpp"

namespace adagrad::rows {
namespace {

// The gradient of a row, prepared, with one accumulator, through accumulation, move and proximal terms.
template <class T>
void update_together(const job<T>& job, T* w, T* accumulator, const T* g, const validate::plan<T>& plan, T* prepared) noexcept {
  const auto& typed = kernels::of_type<T>(*job.kernels);
  const std::size_t n = job.width();
  kernels::preparation<T> preparation = dense::prepared_now(plan, job.now, false);
  const bool drops = preparation.drops_vanished;
  preparation.drops_vanished = false;  // it looks at the row as a whole
  typed.prepare(prepared, g, w, nullptr, nullptr, n, preparation);
  if (job.now.shrink != 0) typed.shrink(w, n, job.now.shrink);
  const T before = *accumulator, mean = dense::mean_of_squares(typed, prepared, n);
  if (plan.accumulates) *accumulator = (plan.accumulation.decay == 1 ? before : plan.accumulation.decay * before) + mean;
  const T used = plan.step.root_before_gradient ? before : *accumulator;
  const T H = denominator(used, plan.step);
  if (!(drops && before == 0 && mean == 0)) typed.move_together(w, prepared, n, job.now.learning_rate, H);
  if (!(used > 0)) return;
  typed.soften(w, n, job.now.proximal.l1 > 0 ? job.now.proximal.l1 / H : T(0),
               job.now.proximal.l2 > 0 ? 1 + job.now.proximal.l2 / H : T(1));
  if (job.group_lasso > 0) lasso(typed, w, n, job.group_lasso, H);
}

}  // namespace

template <class T>
void lasso(const kernels::typed_table<T>& typed, T* w, std::size_t n, T strength, T denominator) noexcept {
  const T norm = dense::norm(typed, w, n), rest = 1 - strength / (denominator * norm);
  typed.scale(w, w, n, norm == 0 || rest < 0 ? T(0) : rest);
}

template <class T>
void update_row(const job<T>& job, const kernels::row<T>& row, T* prepared, bool first) noexcept {
  const auto& typed = kernels::of_type<T>(*job.kernels);
  const std::size_t n = job.width();
  T* const w = row.parameters;
  const T* g = row.gradients;
  if (row.factor != 1) {
    typed.scale(prepared, g, n, row.factor);
    g = prepared;
  }
  validate::plan<T> plan = job.plan.rule;
  if (job.care != nullptr) {
    const std::size_t number = static_cast<std::size_t>(w - job.table.data) / job.table.stride;
    const T decay = job.care->before(number, w, row.accumulators, plan.preparation.decay, first);
    if (decay != plan.preparation.decay) {
      plan.preparation.decay = decay;
      plan.prepares = true;
      plan.plain = false;
    }
  }
  if (job.plan.rowwise) {
    update_together(job, w, row.accumulators, g, plan, prepared);
    if (plan.constraint.what != kernels::constraint<T>::kind::none) typed.constrain(w, n, plan.constraint);
  } else {
    dense::sweep(*job.kernels, plan, {.parameters = w, .gradients = g, .accumulators = row.accumulators, .count = n}, job.now, 0, n);
  }
  if (job.care != nullptr) job.care->after(w);
}

#define ADAGRAD_FOR(T)                                                                    \
  template void lasso<T>(const kernels::typed_table<T>&, T*, std::size_t, T, T) noexcept; \
  template void update_row<T>(const job<T>&, const kernels::row<T>&, T*, bool) noexcept;
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad::rows
