// Groups of parameters: options inherited from the defaults or from another group, and overridden.
#include <algorithm>
#include <stdexcept>

#include "optimizer/state.hpp"
#include "validate/fail.hpp"
#include "validate/optimizer.hpp"

namespace adagrad {

std::size_t optimizer::state::find_group(std::string_view name) const {
  if (name.empty()) return 0;
  const auto found = std::ranges::find(groups, name, &parameter_group::name);
  if (found == groups.end())
    validate::fail(nullptr, "there is no group with the name \"" + std::string(name) +
                                "\": add it first with add_group, or leave the name empty for the defaults");
  return static_cast<std::size_t>(found - groups.begin());
}

std::shared_ptr<const parameter_options> optimizer::state::changed(std::size_t group,
                                                                   const std::function<void(parameter_options&)>& change) const {
  if (!change) return groups[group].options;
  auto result = std::make_shared<parameter_options>(*groups[group].options);
  change(*result);
  return result;
}

void optimizer::state::add_group(std::string name, const std::function<void(parameter_options&)>& change,
                                 std::optional<schedule> learning_rate, std::string_view parent) {
  if (name.empty()) validate::fail(nullptr, "the name of a group is empty, which stands for the defaults: give it a name of its own");
  if (std::ranges::find(groups, name, &parameter_group::name) != groups.end())
    validate::fail(nullptr, "the group \"" + name + "\" exists already: choose another name");
  const std::size_t from = find_group(parent);
  auto with = changed(from, change);
  try {
    validate::parameter<double>(*with, options);
  } catch (const std::invalid_argument& refusal) {  // as of a parameter, and whose
    throw std::invalid_argument(std::string(refusal.what()) + " (in the group \"" + name + "\")");
  }
  rates.reserve(groups.size() + 1);
  groups.push_back({std::move(name), std::move(with), std::move(learning_rate), from});
}

}  // namespace adagrad
