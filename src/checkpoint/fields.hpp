// The fields of all options, once: what is written, read and compared goes through this list. fields(options, visit) calls visit(name, field) for each.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "adagrad/optimizer_options.hpp"
#include "adagrad/rows.hpp"

namespace adagrad::checkpoint {

// An Object is a Struct, const or not.
template <class Object, class Struct>
concept is_a = std::same_as<std::remove_const_t<Object>, Struct>;

// Whoever adds a field to one of these adds it below, and its file form with it.
static_assert(sizeof(void*) != 8 || (sizeof(update_options) == 152 && sizeof(parameter_options) == 304 && sizeof(row_options) == 48 &&
                                     sizeof(moving_average) == 32 && sizeof(gradient_accumulation) == 16));

template <is_a<parameter_constraint> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("kind", o.kind);
  visit("lower", o.lower);
  visit("upper", o.upper);
  visit("rate", o.rate);
  visit("axes", o.axes);
}

template <is_a<update_options> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("epsilon", o.epsilon);
  visit("epsilon_placement", o.epsilon_placement);
  visit("accumulator_used", o.accumulator_used);
  visit("mode", o.mode);
  visit("accumulator_decay", o.accumulator_decay);
  visit("gradient_scale", o.gradient_scale);
  visit("maximize", o.maximize);
  visit("clip_value", o.clip_value);
  visit("weight_decay", o.weight_decay);
  visit("decay_kind", o.decay_kind);
  visit("accumulate_rounding", o.accumulate_rounding);
  visit("decay_rounding", o.decay_rounding);
  visit("freeze_accumulators", o.freeze_accumulators);
  visit("zero_accumulator_moves", o.zero_accumulator_moves);
  visit("proximal_l1", o.proximal_l1);
  visit("proximal_l2", o.proximal_l2);
  visit("constraint", o.constraint);
}

template <is_a<moving_average> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("enabled", o.enabled);
  visit("momentum", o.momentum);
  visit("overwrite_every", o.overwrite_every);
  visit("position", o.position);
}

template <is_a<parameter_options> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("rule", o.rule);
  visit("initial_accumulator", o.initial_accumulator);
  visit("method", o.method);
  visit("learning_rate_multiplier", o.learning_rate_multiplier);
  visit("clip_norm", o.clip_norm);
  visit("shape", o.shape);
  visit("norm_fuzz", o.norm_fuzz);
  visit("average", o.average);
  visit("zero_gradients", o.zero_gradients);
}

template <is_a<row_options> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("accumulators", o.accumulators);
  visit("duplicates", o.duplicates);
  visit("padding_index", o.padding_index);
  visit("group_lasso", o.group_lasso);
  visit("lazy", o.lazy);
  visit("counter_halflife", o.counter_halflife);
}

template <is_a<gradient_accumulation> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("calls", o.calls);
  visit("combine", o.combine);
  visit("counts", o.counts);
}

// Threads are the machine's, and no part of what was learned.
template <is_a<optimizer_options> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("learning_rate", o.learning_rate);
  visit("defaults", o.defaults);
  visit("non_finite", o.non_finite);
  visit("global_clip_norm", o.global_clip_norm);
  visit("clip_order", o.clip_order);
  visit("clip_form", o.clip_form);
  visit("one_clip_only", o.one_clip_only);
  visit("accumulation", o.accumulation);
}

template <is_a<inverse_time> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("learning_rate", o.learning_rate);
  visit("decay", o.decay);
  visit("form", o.form);
}

template <class O, class Visit>
  requires(is_a<O, inverse_time_decay> || is_a<O, exponential_decay>)
void fields(O& o, const Visit& visit) {
  visit("initial_learning_rate", o.initial_learning_rate);
  visit("decay_steps", o.decay_steps);
  visit("decay_rate", o.decay_rate);
  visit("staircase", o.staircase);
}

template <is_a<piecewise_constant_decay> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("boundaries", o.boundaries);
  visit("values", o.values);
}

template <is_a<polynomial_decay> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("initial_learning_rate", o.initial_learning_rate);
  visit("decay_steps", o.decay_steps);
  visit("end_learning_rate", o.end_learning_rate);
  visit("power", o.power);
  visit("cycle", o.cycle);
}

template <is_a<cosine_decay> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("initial_learning_rate", o.initial_learning_rate);
  visit("decay_steps", o.decay_steps);
  visit("alpha", o.alpha);
  visit("warmup_target", o.warmup_target);
  visit("warmup_steps", o.warmup_steps);
}

template <is_a<cosine_decay_restarts> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("initial_learning_rate", o.initial_learning_rate);
  visit("first_decay_steps", o.first_decay_steps);
  visit("t_mul", o.t_mul);
  visit("m_mul", o.m_mul);
  visit("alpha", o.alpha);
}

template <is_a<linear_warmup> O, class Visit>
void fields(O& o, const Visit& visit) {
  visit("after", o.after);
  visit("warmup_steps", o.warmup_steps);
  visit("start", o.start);
  visit("after_counts_from", o.after_counts_from);
}

}  // namespace adagrad::checkpoint
