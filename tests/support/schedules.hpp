// One schedule of every kind, with no two fields alike.
#pragma once

#include <string>
#include <vector>

#include "adagrad/schedule.hpp"

namespace adagrad::test {

inline constexpr inverse_time reciprocal{.learning_rate = 0.3, .decay = 0.07};
inline constexpr inverse_time quotient{.learning_rate = 0.3, .decay = 0.07, .form = inverse_time_form::quotient};
inline constexpr inverse_time_decay by_time{.initial_learning_rate = 0.3, .decay_steps = 7, .decay_rate = 0.45};
inline constexpr exponential_decay by_power{.initial_learning_rate = 0.3, .decay_steps = 7, .decay_rate = 0.85};
inline const piecewise_constant_decay in_pieces{.boundaries = {3, 10, 25}, .values = {0.3, 0.125, 0.05, 0.01}};
inline constexpr polynomial_decay to_the_end{.initial_learning_rate = 0.3, .decay_steps = 21, .end_learning_rate = 0.02, .power = 1.5};
inline constexpr cosine_decay by_cosine{.initial_learning_rate = 0.3, .decay_steps = 21, .alpha = 0.1};
inline constexpr cosine_decay warmed_cosine{
    .initial_learning_rate = 0.03, .decay_steps = 21, .alpha = 0.1, .warmup_target = 0.3, .warmup_steps = 6};
inline constexpr cosine_decay_restarts with_restarts{
    .initial_learning_rate = 0.3, .first_decay_steps = 5, .t_mul = 1.5, .m_mul = 0.75, .alpha = 0.1};
inline const linear_warmup warmed{.after = by_power, .warmup_steps = 6, .start = 0.03};
inline const linear_warmup warmed_twice{.after = linear_warmup{.after = in_pieces, .warmup_steps = 5},
                                        .warmup_steps = 9,
                                        .start = 0.6,
                                        .after_counts_from = counted_from::first_step};

struct named_schedule {
  std::string name;
  schedule rule;
};

inline std::vector<named_schedule> all_schedules() {
  return {{"number", 0.3},
          {"inverse_time, product", reciprocal},
          {"inverse_time, quotient", quotient},
          {"inverse_time_decay", by_time},
          {"exponential_decay", by_power},
          {"piecewise_constant_decay", in_pieces},
          {"polynomial_decay", to_the_end},
          {"cosine_decay", by_cosine},
          {"cosine_decay with warm-up", warmed_cosine},
          {"cosine_decay_restarts", with_restarts},
          {"linear_warmup", warmed},
          {"linear_warmup in linear_warmup", warmed_twice},
          {"callable", [](std::uint64_t iterations) { return 0.3 / static_cast<double>(iterations + 1); }}};
}

}  // namespace adagrad::test
