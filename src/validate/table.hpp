// Refuses what a table of an optimizer cannot have.
#pragma once

#include <string>

#include "adagrad/optimizer_options.hpp"
#include "validate/rows.hpp"

namespace adagrad::validate {

// The options of a table, those of its rows and those that it shares with other parameters. `constant_rate`: the learning rate is a number.
template <class T>
row_plan<T> table_options(const parameter_options& options, const row_options& rows, const optimizer_options& all, bool constant_rate,
                          const std::string* name);

// That a lazy decay leaves something at this rate: learning_rate * weight_decay is below 1.
void lazy_decay(double rate, double weight_decay, const std::string* name);

// That the rate of a lazy L2 or elastic net is a number.
void lazy_rate(lazy_term lazy, bool constant_rate, const std::string* name);

}  // namespace adagrad::validate
