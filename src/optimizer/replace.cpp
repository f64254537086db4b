// Other options for everything at once, as a load takes them from a file.
#include <stdexcept>
#include <utility>

#include "optimizer/state.hpp"
#include "validate/optimizer.hpp"
#include "validate/schedule.hpp"

namespace adagrad {

// Changes nothing when it throws. What rows owe is forgotten: whoever replaces all options replaces that, too.
void optimizer::state::replace_options(replaced_options with) {
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (!with.of_groups[g]) continue;
    try {
      validate::learning_rate_schedule(*with.of_groups[g]);
    } catch (const std::invalid_argument& refusal) {
      throw std::invalid_argument(std::string(refusal.what()) + " (in the group \"" + groups[g].name + "\")");
    }
  }
  validate::learning_rate_schedule(with.all.learning_rate);
  validate::optimizer(with.all);
  validate::parameter<double>(with.all.defaults, with.all);
  auto defaults = std::make_shared<const parameter_options>(with.all.defaults);
  std::vector<std::shared_ptr<const parameter_options>> old_options, new_options;
  std::vector<double> owed;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    old_options.push_back(parameters[i].options);
    new_options.push_back(std::make_shared<const parameter_options>(std::move(with.each[i])));
    owed.push_back(parameters[i].table == nullptr ? 0 : std::exchange(parameters[i].table->debts.owed, 0));
  }
  // The rest of what an adoption allocates is small, and comes before it changes anything.
  const std::size_t more = parameters.size() * 4;
  written.reserve(written_ranges + more);
  with.all.how = options.how;
  const auto exchange = [&] {
    std::swap(options, with.all);
    for (std::size_t g = 0; g < groups.size(); ++g) std::swap(groups[g].learning_rate, with.of_groups[g]);
  };
  const auto adopt_all = [&](const auto& from) {
    for (std::size_t i = 0; i < parameters.size(); ++i)
      std::visit([&]<class T>(const dense::work<T>&) { adopt<T>(parameters[i], from[i], parameters[i].name); }, parameters[i].work);
  };
  exchange();
  try {
    adopt_all(new_options);
  } catch (...) {
    exchange();
    adopt_all(old_options);
    for (std::size_t i = 0; i < owed.size(); ++i)
      if (parameters[i].table != nullptr) parameters[i].table->debts.owed = owed[i];
    throw;
  }
  groups[0].options = std::move(defaults);
  written_ranges += more;
  products = true;
  for (const named_parameter& p : parameters) any_norms |= p.norms != nullptr;
  written_current = norm_tiles_current = all_filled = false;
}

}  // namespace adagrad
