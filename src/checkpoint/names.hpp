// The names of choices and of schedules in a file: those they have in C++.
#pragma once

#include <array>
#include <string_view>

#include "adagrad/optimizer_options.hpp"
#include "adagrad/rows.hpp"

namespace adagrad::checkpoint {

// In the order of their values.
template <class Choice>
inline constexpr std::array<std::string_view, 0> names_of{};

#define ADAGRAD_NAMES(type, ...) \
  template <>                    \
  inline constexpr auto names_of<type> = std::to_array<std::string_view>({__VA_ARGS__})

ADAGRAD_NAMES(arithmetic, "exact", "fast");
ADAGRAD_NAMES(epsilon_place, "outside_root", "inside_root");
ADAGRAD_NAMES(accumulator_use, "after", "before");
ADAGRAD_NAMES(weight_decay_kind, "coupled", "decoupled");
ADAGRAD_NAMES(multiply_add, "two_roundings", "one_rounding");
ADAGRAD_NAMES(constraint_kind, "none", "non_negative", "box", "max_norm", "unit_norm", "min_max_norm");
ADAGRAD_NAMES(method, "mirror_descent", "dual_averaging");
ADAGRAD_NAMES(average_position, "after_constraint", "before_constraint");
ADAGRAD_NAMES(non_finite_policy, "propagate", "skip", "error");
ADAGRAD_NAMES(clip_order, "norms_then_value", "value_then_norms");
ADAGRAD_NAMES(clip_form, "above_only", "guarded");
ADAGRAD_NAMES(gradient_accumulation::reduction, "mean", "sum");
ADAGRAD_NAMES(gradient_accumulation::counting, "updates", "calls");
ADAGRAD_NAMES(row_accumulators, "elementwise", "rowwise");
ADAGRAD_NAMES(duplicate_rule, "sum", "mean", "sequential", "unique");
ADAGRAD_NAMES(lazy_term, "none", "decoupled_decay", "l1", "group_lasso", "l2", "elastic_net");
ADAGRAD_NAMES(inverse_time_form, "reciprocal_product", "quotient");
ADAGRAD_NAMES(counted_from, "end_of_warmup", "first_step");

#undef ADAGRAD_NAMES

template <class Choice>
concept named_choice = !names_of<Choice>.empty();

// Of a schedule; null for what is none.
template <class Rule>
inline constexpr const char* schedule_name = nullptr;
template <>
inline constexpr const char* schedule_name<inverse_time> = "inverse_time";
template <>
inline constexpr const char* schedule_name<inverse_time_decay> = "inverse_time_decay";
template <>
inline constexpr const char* schedule_name<exponential_decay> = "exponential_decay";
template <>
inline constexpr const char* schedule_name<piecewise_constant_decay> = "piecewise_constant_decay";
template <>
inline constexpr const char* schedule_name<polynomial_decay> = "polynomial_decay";
template <>
inline constexpr const char* schedule_name<cosine_decay> = "cosine_decay";
template <>
inline constexpr const char* schedule_name<cosine_decay_restarts> = "cosine_decay_restarts";
template <>
inline constexpr const char* schedule_name<linear_warmup> = "linear_warmup";

}  // namespace adagrad::checkpoint
