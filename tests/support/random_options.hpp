// Random combinations of all the options of an update that go together.
#pragma once

#include <cstdint>
#include <iterator>

#include "adagrad/adagrad.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

namespace adagrad::test {

// In one case of `cases`.
inline bool one_in(std::uint64_t cases, random_bits& random) { return random() % cases == 0; }

template <class Choices>
auto one_of(const Choices& choices, random_bits& random) {
  return choices[random() % std::size(choices)];
}

// Exact unless told otherwise: `fast` has no reference. Constraints on norms, which updates refuse, are not among them.
inline update_options random_rule(random_bits& random, arithmetic mode = arithmetic::exact) {
  constexpr parameter_constraint constraints[] = {{}, {}, {}, non_negative(), box(-0.5, 0.25), box(0, 1e30)};
  constexpr double strengths[] = {1e-4, 0.01, 0.3}, scales[] = {1.0 / 3, 0.125, 3}, clips[] = {0.1, 0.5, 1e-3}, forgetting[] = {0.95, 0.5};
  update_options rule = one_of(all_rules(mode), random);
  rule.constraint = one_of(constraints, random);
  if (one_in(4, random)) rule.gradient_scale = one_of(scales, random);
  rule.maximize = one_in(8, random);
  if (one_in(4, random)) rule.clip_value = one_of(clips, random);
  if (one_in(3, random)) rule.weight_decay = one_of(strengths, random);
  if (one_in(2, random)) rule.decay_kind = weight_decay_kind::decoupled;
  else if (one_in(2, random)) rule.decay_rounding = multiply_add::one_rounding;
  if (rule.accumulator_used == accumulator_use::after && one_in(6, random)) {
    rule.freeze_accumulators = true;
  } else {
    if (rule.accumulator_used == accumulator_use::after && one_in(4, random)) rule.accumulator_decay = one_of(forgetting, random);
    if (one_in(4, random)) rule.accumulate_rounding = multiply_add::one_rounding;
  }
  rule.zero_accumulator_moves = !one_in(5, random);
  if (one_in(4, random)) rule.proximal_l1 = one_of(strengths, random);
  if (one_in(4, random)) rule.proximal_l2 = one_of(strengths, random);
  return rule;
}

}  // namespace adagrad::test
