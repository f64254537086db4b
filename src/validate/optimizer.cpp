#include "validate/optimizer.hpp"

#include <cmath>

#include "validate/arrays.hpp"
#include "validate/numbers.hpp"
#include "validate/shape.hpp"

namespace adagrad::validate {
namespace {

void one_kind_of_clipping(const parameter_options& p, const optimizer_options& o, const std::string* name) {
  const bool value = !std::isinf(p.rule.clip_value), norm = !std::isinf(p.clip_norm), global = !std::isinf(o.global_clip_norm);
  if (norm && global)
    fail(name, "clip_norm is " + text(p.clip_norm) + " and global_clip_norm is " + text(o.global_clip_norm) +
                   ", which exclude each other: leave one of them infinite");
  if (o.one_clip_only && value + norm + global > 1)
    fail(name, "one_clip_only is set, but clip_value is " + text(p.rule.clip_value) + ", clip_norm " + text(p.clip_norm) +
                   " and global_clip_norm " + text(o.global_clip_norm) + ": leave two of them infinite, or one_clip_only false");
}

}  // namespace

void optimizer(const optimizer_options& o) {
  known_choice("non_finite", o.non_finite, non_finite_policy::error, "use non_finite_policy::propagate, skip or error");
  known_choice("clip_order", o.clip_order, clip_order::value_then_norms, "use clip_order::norms_then_value or value_then_norms");
  known_choice("clip_form", o.clip_form, clip_form::guarded, "use clip_form::above_only or guarded");
  limit<double>("global_clip_norm", o.global_clip_norm, "use an infinity to clip nothing");
  if (o.accumulation.calls == 0) fail(nullptr, "accumulation.calls is 0; it must be at least 1: use 1 to move parameters at each call");
  known_choice("accumulation.combine", o.accumulation.combine, gradient_accumulation::reduction::sum, "use reduction::mean or sum");
  known_choice("accumulation.counts", o.accumulation.counts, gradient_accumulation::counting::calls, "use counting::updates or calls");
  if (o.accumulation.calls == 1) {
    const gradient_accumulation off;
    if (o.accumulation.combine != off.combine)
      fail(nullptr,
           "accumulation.combine is sum, but accumulation.calls is 1, so that nothing is combined: set calls, or leave combine at mean");
  }
  threads(o.how);
}

void method_takes(method chosen, const update_options& rule, const std::string* name) {
  if (chosen != method::dual_averaging || rule.decay_kind != weight_decay_kind::decoupled || rule.weight_decay == 0) return;
  fail(name, "weight_decay is " + text(rule.weight_decay) +
                 ", decoupled, with method::dual_averaging, which forms parameters anew at each step: use proximal_l2, or "
                 "weight_decay_kind::coupled");
}

template <class T>
plan<T> parameter(const parameter_options& p, const optimizer_options& o, const std::string* name) {
  const auto plan = make_plan<T>(p.rule, name, true);
  if (is_on_norms(p.rule.constraint.kind)) make_norm_bounds<T>(p.rule.constraint, p.norm_fuzz, name);
  not_negative<T>("initial_accumulator", p.initial_accumulator, "use 0, or 0.1 as Keras 3 and TensorFlow do", name);
  known_choice("method", p.method, method::dual_averaging, "use method::mirror_descent or method::dual_averaging", name);
  not_negative<T>("learning_rate_multiplier", p.learning_rate_multiplier, "use 1 for the schedule's own rate", name);
  limit<double>("clip_norm", p.clip_norm, "use an infinity to clip nothing", name);
  not_negative<T>("norm_fuzz", p.norm_fuzz, "use 1e-7 as Keras does, or 0", name);
  fraction<T>("average.momentum", p.average.momentum, "use 0.99", name);
  known_choice("average.position", p.average.position, average_position::before_constraint,
               "use average_position::after_constraint or before_constraint", name);
  if (!p.average.enabled && p.average.overwrite_every != 0)
    fail(name, "average.overwrite_every is " + std::to_string(p.average.overwrite_every) +
                   ", but average.enabled is false: enable it, or leave overwrite_every 0");
  one_kind_of_clipping(p, o, name);
  method_takes(p.method, p.rule, name);
  return plan;
}

template plan<float> parameter<float>(const parameter_options&, const optimizer_options&, const std::string*);
template plan<double> parameter<double>(const parameter_options&, const optimizer_options&, const std::string*);

}  // namespace adagrad::validate
