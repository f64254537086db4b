// The learning rates of a step: one for each group, checked for each type before anything is written.
#include <stdexcept>

#include "optimizer/state.hpp"
#include "validate/numbers.hpp"
#include "validate/table.hpp"

namespace adagrad {
namespace {

// Says at which iteration a rate was refused.
template <class Check>
void at_iteration(std::uint64_t iteration, const std::string& group, const Check& check) {
  try {
    check();
  } catch (const std::invalid_argument& refusal) {
    throw std::invalid_argument(std::string(refusal.what()) + " (at iteration " + std::to_string(iteration) +
                                (group.empty() ? "" : ", in the group \"" + group + "\"") + ")");
  }
}

}  // namespace

void optimizer::state::ask_rates(std::vector<double>& of_groups) const {
  struct question {  // as contents_access::question, for a step
    bool& asking;
    explicit question(bool& flag) : asking(flag) { asking = true; }
    ~question() { asking = false; }
  };
  of_groups.clear();
  {
    const question open(asking);
    for (const parameter_group& group : groups)
      of_groups.push_back(&group == groups.data() ? options.learning_rate(iterations)
                          : group.learning_rate   ? (*group.learning_rate)(iterations)
                                                  : of_groups[group.parent]);
  }
  for (std::size_t group = 0; group < of_groups.size(); ++group) {
    const double rate = of_groups[group];
    if (rate >= 0 && rate <= 1e30) continue;  // whatever the type
    at_iteration(iterations, groups[group].name, [&] {
      validate::learning_rate<double>(rate);
      if (floats > 0) validate::learning_rate<float>(rate);
    });
  }
  if (!products) return;
  at_iteration(iterations, "", [&] {
    for (const named_parameter& p : parameters)
      std::visit(
          [&]<class T>(const dense::work<T>& w) {
            const double rate = rate_of(p, of_groups), multiplier = p.options->learning_rate_multiplier;
            if (multiplier == 1) validate::learning_rate<T>(rate);
            else validate::product<T>("learning_rate * learning_rate_multiplier", of_groups[p.group], multiplier, p.name);
            if (p.options->method == method::dual_averaging) dense::make_dual_moment<T>(w.plan, rate, iterations, p.name);
            else dense::make_moment<T>(w.plan, rate, p.name);
            if (p.table != nullptr && p.table->options.lazy == lazy_term::decoupled_decay)
              validate::lazy_decay(rate, p.options->rule.weight_decay, p.name);
          },
          p.work);
  });
}

}  // namespace adagrad
