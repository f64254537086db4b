// Turns the options of an update, checked, into what kernels are told.
#pragma once

#include <string>

#include "adagrad/options.hpp"
#include "kernels/step.hpp"

namespace adagrad::validate {

// What does not change from step to step. Rates, factors and pending gradients come with each step.
template <class T>
struct plan {
  kernels::dense_step<T> step;
  kernels::preparation<T> preparation;
  kernels::accumulation<T> accumulation;
  kernels::constraint<T> constraint;
  double decoupled_decay, l1, l2;
  bool accumulates;                // the accumulators are not frozen
  bool prepares = false;           // `preparation` changes something
  bool accumulates_apart = false;  // not as the kernel that moves does it
  bool plain = false;              // one kernel does it all
};

// Throws std::invalid_argument when an option is bad. `with_norms`: whether a constraint on norms is accepted; it is not part of the plan.
template <class T>
plan<T> make_plan(const update_options& options, const std::string* parameter = nullptr, bool with_norms = false);

}  // namespace adagrad::validate
