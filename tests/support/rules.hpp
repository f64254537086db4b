// All combinations of the rule's choices, and the instruction sets of this machine one after the other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adagrad/adagrad.hpp"
#include "doctest/doctest.h"

namespace adagrad::test {

inline std::vector<update_options> all_rules(arithmetic mode) {
  std::vector<update_options> rules;
  // 2^-60 and 2^-550 are where the kernels stop treating epsilon like 0, in float and double: both sides of each.
  for (const double epsilon : {1e-8, 0.0, 0.1, 0x1p-60, 0x1.fp-61, 0x1p-550, 1e-200})
    for (const auto place : {epsilon_place::outside_root, epsilon_place::inside_root})
      for (const auto use : {accumulator_use::after, accumulator_use::before}) rules.push_back({epsilon, place, use, mode});
  return rules;
}

inline std::string describe(const update_options& o) {
  return std::string(o.epsilon_placement == epsilon_place::inside_root ? "epsilon inside " : "epsilon outside ") +
         std::to_string(o.epsilon) + (o.accumulator_used == accumulator_use::before ? ", G before" : ", G after") +
         (o.mode == arithmetic::fast ? ", fast" : ", exact");
}

// Runs the body under each available instruction set, then goes back to the default. Each is named in the output of a failure.
template <class Body>
void for_each_isa(Body body) {
  for (const std::string_view name : available_instruction_sets()) {
    const std::string isa(name);
    INFO("instruction set " << isa);
    force_instruction_set(isa);
    REQUIRE(instruction_set() == isa);
    body(isa);
  }
  force_instruction_set("");
}

}  // namespace adagrad::test
