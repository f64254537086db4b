// The options of an optimizer and of its parameters.
#pragma once

#include <string>

#include "adagrad/optimizer_options.hpp"
#include "validate/plan.hpp"

namespace adagrad::validate {

// Those that concern all parameters; not the schedule.
void optimizer(const optimizer_options& options);

// That a method leaves no option of the rule without effect.
void method_takes(method chosen, const update_options& rule, const std::string* name = nullptr);

// Those of a parameter of an optimizer, except for what depends on its shape; the plan of its updates.
template <class T>
plan<T> parameter(const parameter_options& options, const optimizer_options& of, const std::string* name = nullptr);

}  // namespace adagrad::validate
