// All stages of a step for one element, told what the options of an update make of them.
#pragma once

#include "adagrad/options.hpp"
#include "kernels/step.hpp"
#include "reference/stages.hpp"
#include "validate/numbers.hpp"
#include "validate/plan.hpp"

namespace adagrad::reference {

template <class T>
struct whole_step {
  validate::plan<T> plan;
  kernels::proximal<T> terms{};
  T shrink = 0;  // decoupled decay

  whole_step(const validate::plan<T>& p, double rate) : plan(p) {
    plan.step.learning_rate = validate::learning_rate<T>(rate);
    terms = {validate::product<T>("learning_rate * proximal_l1", rate, p.l1),
             validate::product<T>("learning_rate * proximal_l2", rate, p.l2)};
    shrink = validate::product<T>("learning_rate * weight_decay", rate, p.decoupled_decay);
  }

  T prepare(T gradient, T w, T accumulator) const {
    return plan.prepares ? prepared<T>(gradient, w, accumulator, nullptr, plan.preparation) : gradient;
  }
  T decayed(T w) const { return shrink != 0 ? w - shrink * w : w; }

  void operator()(T& w, T gradient, T& accumulator) const {
    const T before = accumulator, g = prepare(gradient, w, before);
    w = decayed(w);
    if (plan.accumulates) accumulator = accumulated(before, g, plan.accumulation);
    w = constrained(moved(w, g, plan.step.root_before_gradient ? before : accumulator, plan.step, terms), plan.constraint);
  }
};

}  // namespace adagrad::reference
