// The schedule that may be any of them, and the warm-up in front of one.
#include "adagrad/schedule.hpp"

#include <limits>

namespace adagrad {

nested_schedule::nested_schedule() noexcept = default;
nested_schedule::nested_schedule(const nested_schedule& other)
    : held_(other.held_ ? std::make_unique<const schedule>(*other.held_) : nullptr) {}
nested_schedule::nested_schedule(nested_schedule&& other) noexcept = default;
nested_schedule& nested_schedule::operator=(const nested_schedule& other) { return *this = nested_schedule(other); }
nested_schedule& nested_schedule::operator=(nested_schedule&& other) noexcept = default;
nested_schedule::~nested_schedule() = default;

double linear_warmup::operator()(std::uint64_t iterations) const {
  const schedule* const rule = after.get();
  if (rule == nullptr) return std::numeric_limits<double>::quiet_NaN();
  const std::uint64_t skipped = after_counts_from == counted_from::end_of_warmup ? warmup_steps : 0;
  if (iterations >= warmup_steps) return (*rule)(iterations - skipped);
  const double first = (*rule)(warmup_steps - skipped);
  return (first - start) * (static_cast<double>(iterations) / static_cast<double>(warmup_steps)) + start;
}

double schedule::operator()(std::uint64_t iterations) const {
  return std::visit(
      [iterations]<class Rule>(const Rule& rule) -> double {
        if constexpr (std::same_as<Rule, double>) return rule;
        else return rule(iterations);
      },
      rule_);
}

}  // namespace adagrad
