// Tables of embedding rows among the parameters: adding them, their gradients, their part of a step.
#include <algorithm>
#include <cmath>

#include "dispatch/registry.hpp"
#include "optimizer/state.hpp"
#include "rows/run.hpp"
#include "validate/fail.hpp"
#include "validate/table.hpp"

namespace adagrad {
namespace {

// What one step, at this rate, adds to what rows owe.
template <class T>
double owed_in_a_step(lazy_term lazy, const validate::plan<T>& plan, double rate) {
  if (lazy == lazy_term::decoupled_decay) return std::log1p(-(rate * plan.decoupled_decay));
  return lazy == lazy_term::l1 || lazy == lazy_term::group_lasso ? rate : 1;
}

}  // namespace

template <class T>
table_care<T> optimizer::state::make_care(named_parameter& parameter, double rate) {
  table& all = *parameter.table;
  const auto& t = std::get<table_of<T>>(all.typed);
  table_care<T> care;
  const lazy_term lazy = all.options.lazy;
  const auto& plan = t.plan.rule;
  care.lazy = lazy;
  care.kernels = &kernels::of_type<T>(dispatch::active());
  care.plan = &plan;
  care.rowwise = t.plan.rowwise;
  care.width = t.view.width;
  care.owed = care.owed_after = all.debts.owed;
  if (lazy != lazy_term::none) {
    care.paid = all.debts.paid.data();
    care.owed_after += owed_in_a_step(lazy, plan, rate);
  }
  if (lazy == lazy_term::l1) care.strength = plan.l1;
  if (lazy == lazy_term::group_lasso) care.strength = t.plan.group_lasso;
  if (lazy == lazy_term::elastic_net) care.strength = static_cast<T>(rate * plan.l1);
  if (lazy == lazy_term::elastic_net || lazy == lazy_term::l2) care.strength2 = static_cast<T>(rate * plan.l2);
  if (!all.counts.empty()) care.counts = all.counts.data();
  care.norms = t.norms ? &*t.norms : nullptr;
  return care;
}

template <class T>
std::size_t optimizer::state::add_table(std::string name, rows_view<T> view, const row_options& rows,
                                        std::shared_ptr<const parameter_options> with, std::size_t group) {
  check_name(name);
  validate::view<T>("table", view, &name);
  validate::padding(rows, view.rows, &name);
  const bool rowwise = rows.accumulators == row_accumulators::rowwise;
  const dense::work<T> work{
      {.parameters = view.data, .gradients = nullptr, .accumulators = nullptr, .count = rowwise ? view.rows : view.rows * view.width}, {}};
  named_parameter added{
      .name = nullptr, .work = work, .options = nullptr, .norms = nullptr, .table = std::make_unique<adagrad::table>(), .group = group};
  added.table->options = rows;
  auto& t = added.table->typed.emplace<table_of<T>>();
  t.view = rows::without_default(view);
  adopt<T>(added, std::move(with), &name);
  if (rows.lazy != lazy_term::none) added.table->debts.paid.resize(view.rows);
  if (rows.counter_halflife > 0) added.table->counts.resize(view.rows);
  return insert(std::move(name), std::move(added));
}

template <class T>
void optimizer::state::set_table(const parameter_key& which, rows_view<T> view) {
  const std::size_t index = find(which);
  named_parameter& p = parameters[index];
  auto& work = work_of<T>(index);
  if (p.table == nullptr) validate::fail(p.name, "it is no table: use set_parameters");
  auto& t = std::get<table_of<T>>(p.table->typed);
  validate::view<T>("table", view, p.name);
  if (view.rows != t.view.rows || view.width != t.view.width)
    validate::fail(p.name, "table has " + std::to_string(view.rows) + " rows of width " + std::to_string(view.width) + " in place of " +
                               std::to_string(t.view.rows) + " of width " + std::to_string(t.view.width) + ": add it under another name");
  t.view = rows::without_default(view);
  work.parameters = view.data;
  written_current = false;
}

template <class T, class Gradients>
void optimizer::state::set_row_gradients(const parameter_key& which, const Gradients& gradients) {
  const std::size_t index = find(which);
  named_parameter& p = parameters[index];
  work_of<T>(index);  // refuses another type
  if (p.table == nullptr) validate::fail(p.name, "it is no table: use set_gradients");
  auto& t = std::get<table_of<T>>(p.table->typed);
  validate::gradients(gradients, t.view.width, p.name);
  t.gradients = gradients;
  p.gradients_checked = gradients_checked = false;
}

void optimizer::state::prepare_tables() {
  for (named_parameter& p : parameters) {
    if (p.table == nullptr || !p.table->has_gradients()) continue;
    std::visit(
        [&]<class T>(table_of<T>& t) {
          table& all = *p.table;
          const double rate = rate_of(p, rates);
          const rows_view<T> accumulators{std::get<dense::work<T>>(p.work).accumulators, t.view.rows, t.plan.rowwise ? 1 : t.view.width};
          t.job = rows::make_job(t.view, accumulators, t.plan, rate, p.name);
          if (all.options.lazy != lazy_term::none || !all.counts.empty() || t.norms) {
            t.care = make_care<T>(p, rate);
            t.care.decay_for_one = p.options->rule.weight_decay * all.options.counter_halflife;
            t.job->care = &t.care;
          }
          auto& memory = all.scratch.get();
          const auto take = [&](const auto& gradients) {
            validate::gradients(gradients, t.view.width, p.name);
            rows::take_gradients(*t.job, gradients, memory, options.how, p.name);
          };
          if (const auto* g = std::get_if<row_gradients<T>>(&t.gradients)) take(*g);
          else take(std::get<bag_gradients<T>>(t.gradients));
          if (is_inspected(p)) memory.sums.template get<double>(t.job->appearances.size());
        },
        p.table->typed);
  }
}

unsigned optimizer::state::run_tables() {
  unsigned threads = 1;
  for (named_parameter& p : parameters) {
    if (p.table == nullptr || !p.table->has_gradients()) continue;
    std::visit(
        [&]<class T>(table_of<T>& t) {
          rows::job<T>& job = *t.job;
          job.now.norm_factor = static_cast<T>(p.clip_factor);
          job.now.value_before_norm = options.clip_order == clip_order::value_then_norms;
          job.now.plain = job.now.norm_factor == 1;
          threads = std::max(threads, rows::run(job, p.table->scratch.get(), options.how));
          if (p.table->options.lazy != lazy_term::none) p.table->debts.owed = t.care.owed_after;
        },
        p.table->typed);
  }
  return threads;
}

#define ADAGRAD_FOR(T)                                                                                        \
  template std::size_t optimizer::state::add_table<T>(std::string, rows_view<T>, const row_options&,          \
                                                      std::shared_ptr<const parameter_options>, std::size_t); \
  template table_care<T> optimizer::state::make_care<T>(named_parameter&, double);                            \
  template void optimizer::state::set_table<T>(const parameter_key&, rows_view<T>);                           \
  template void optimizer::state::set_row_gradients<T>(const parameter_key&, const row_gradients<T>&);        \
  template void optimizer::state::set_row_gradients<T>(const parameter_key&, const bag_gradients<T>&);
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad
