#include "validate/table.hpp"

#include <algorithm>

#include "validate/numbers.hpp"
#include "validate/optimizer.hpp"
#include "validate/shape.hpp"

namespace adagrad::validate {
namespace {

// The rule has the term that is to be lazy, and nothing that would have to be paid beside it.
void lazy(const update_options& rule, const row_options& rows, bool constant_rate, const std::string* name) {
  const bool decays = rule.weight_decay > 0 && rule.decay_kind == weight_decay_kind::decoupled;
  const bool l1 = rule.proximal_l1 > 0, l2 = rule.proximal_l2 > 0, group = rows.group_lasso > 0;
  const std::string what = std::string("lazy is ") + name_of(rows.lazy);
  const auto needs = [&](bool there, const char* field) {
    if (!there) fail(name, what + ", but " + field + " is 0: set it, or leave lazy at none");
  };
  switch (rows.lazy) {
    case lazy_term::none: return;
    case lazy_term::decoupled_decay: needs(decays, "a decoupled weight_decay"); break;
    case lazy_term::l1: needs(l1, "proximal_l1"); break;
    case lazy_term::group_lasso: needs(group, "group_lasso"); break;
    case lazy_term::l2: needs(l2, "proximal_l2"); break;
    case lazy_term::elastic_net:
      needs(l1, "proximal_l1");
      needs(l2, "proximal_l2");
      break;
  }
  const bool net = rows.lazy == lazy_term::elastic_net;
  if (decays + group + (net ? 1 : l1 + l2) > 1)
    fail(name, what + ", beside another term that would act on absent rows (weight_decay, decoupled, is " +
                   text(decays ? rule.weight_decay : 0) + ", proximal_l1 " + text(rule.proximal_l1) + ", proximal_l2 " +
                   text(rule.proximal_l2) + ", group_lasso " + text(rows.group_lasso) + "): keep one of them");
  if (rule.accumulator_decay < 1)
    fail(name, what + ", but accumulator_decay is " + text(rule.accumulator_decay) +
                   ", which would have to act on absent rows too: use 1, or leave lazy at none");
  if (rule.constraint.kind != constraint_kind::none && rule.constraint.kind != constraint_kind::non_negative)
    fail(name, what + ", with a constraint that absent rows could come to violate: use non_negative() or none, or leave lazy at none");
  if (rows.lazy == lazy_term::group_lasso && rule.constraint.kind != constraint_kind::none)
    fail(name, what + ", with a constraint, which would change the norm of a row that owes several steps: use none, or leave lazy at none");
  lazy_rate(rows.lazy, constant_rate, name);
}

}  // namespace

template <class T>
row_plan<T> table_options(const parameter_options& p, const row_options& rows, const optimizer_options& all, bool constant_rate,
                          const std::string* name) {
  parameter<T>(p, all, name);
  const auto plan = make_row_plan<T>(p.rule, rows, name, true);
  if (p.method != method::mirror_descent)
    fail(name, "method is dual_averaging, which moves every row at each step: a table takes method::mirror_descent");
  if (p.average.enabled)
    fail(name, "average.enabled is set, but a moving average changes every row at each step: tables have none, leave it false");
  if (p.zero_gradients) fail(name, "zero_gradients is set, but the gradients of a table are given anew: leave it false");
  if (!p.shape.empty()) fail(name, "shape is set, but the shape of a table is that of its view: leave it empty");
  if (all.accumulation.calls > 1)
    fail(name, "accumulation.calls is " + std::to_string(all.accumulation.calls) +
                   ", but gradients of rows cannot be kept for a later call: use 1, or pass the rows of all calls at once");
  if (is_on_norms(p.rule.constraint.kind) && !std::ranges::equal(p.rule.constraint.axes, norm_axes{1}))
    fail(name, "constraint.axes are not {1}, but a table is constrained row by row: use max_norm(c, {1}) and its like");
  lazy(p.rule, rows, constant_rate, name);
  if (rows.counter_halflife > 0 && (p.rule.weight_decay == 0 || p.rule.decay_kind != weight_decay_kind::coupled))
    fail(name, "counter_halflife is " + text(rows.counter_halflife) + ", but there is no coupled weight_decay to scale: set weight_decay");
  if (rows.counter_halflife > 0) product<T>("weight_decay * counter_halflife", p.rule.weight_decay, rows.counter_halflife, name);
  return plan;
}

void lazy_decay(double rate, double weight_decay, const std::string* name) {
  if (rate * weight_decay < 1) return;
  fail(name, "learning_rate * weight_decay is " + text(rate) + " * " + text(weight_decay) +
                 "; with lazy_term::decoupled_decay it must be below 1: lower one of them");
}

void lazy_rate(lazy_term lazy, bool constant_rate, const std::string* name) {
  if (constant_rate || (lazy != lazy_term::l2 && lazy != lazy_term::elastic_net)) return;
  fail(name, std::string("lazy is ") + name_of(lazy) +
                 ", which needs a learning rate that is a number, not a schedule: what rows owe could not be summed up otherwise");
}

template row_plan<float> table_options<float>(const parameter_options&, const row_options&, const optimizer_options&, bool,
                                              const std::string*);
template row_plan<double> table_options<double>(const parameter_options&, const row_options&, const optimizer_options&, bool,
                                                const std::string*);

}  // namespace adagrad::validate
