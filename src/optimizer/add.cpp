// Adding a parameter, and taking up its options.
#include <algorithm>
#include <cmath>
#include <utility>

#include "optimizer/state.hpp"
#include "validate/arrays.hpp"
#include "validate/fail.hpp"
#include "validate/numbers.hpp"
#include "validate/optimizer.hpp"
#include "validate/table.hpp"

namespace adagrad {
namespace {

// Grows by a quarter: what stands empty counts as memory that a parameter takes.
template <class Vector>
void make_room(Vector& vector) {
  if (vector.size() == vector.capacity()) vector.reserve(vector.size() + vector.size() / 4 + 1);
}

// How many stretches of memory are written for a parameter: those that its options ask for and those that earlier ones asked for.
std::size_t ranges_of(const named_parameter& parameter, const parameter_options& options, bool accumulates_gradients) {
  std::size_t ranges = std::size_t(1) + options.zero_gradients;
  std::visit(
      [&]<class T>(dense::work<T> work) {
        for_each_array(work, options, accumulates_gradients,
                       [&](const T* array, array_role, bool needed) { ranges += needed || array != nullptr; });
      },
      parameter.work);
  return ranges;
}

}  // namespace

// All that follows from the options and does not depend on arrays.
template <class T>
adoption<T> optimizer::state::make_adoption(const named_parameter& parameter, std::shared_ptr<const parameter_options> with,
                                            const std::string* name) const {
  adoption<T> made;
  const bool on_norms = validate::is_on_norms(with->rule.constraint.kind);
  if (parameter.table != nullptr) {
    made.rows = validate::table_options<T>(*with, parameter.table->options, options, has_constant_rate(parameter.group), name);
    made.plan = made.rows->rule;
    if (on_norms) made.row_norms = validate::make_norm_bounds<T>(with->rule.constraint, with->norm_fuzz, name);
  } else {
    made.plan = validate::parameter<T>(*with, options, name);
    validate::shape(with->shape, std::get<dense::work<T>>(parameter.work).count, name);
    if (on_norms)
      made.norms = std::make_shared<const norm_constraint>(
          norm_constraint{validate::make_norm_layout(with->shape, with->rule.constraint.axes, name),
                          validate::make_norm_bounds<T>(with->rule.constraint, with->norm_fuzz, name)});
    made.special = with->method == method::dual_averaging || with->average.enabled || with->zero_gradients ||
                   !std::isinf(with->clip_norm) || !std::isinf(options.global_clip_norm) || options.accumulation.calls > 1;
  }
  made.options = std::move(with);
  return made;
}

template <class T>
void optimizer::state::exchange(named_parameter& parameter, adoption<T>& with) noexcept {
  std::swap(parameter.options, with.options);
  std::swap(std::get<dense::work<T>>(parameter.work).plan, with.plan);
  std::swap(parameter.norms, with.norms);
  std::swap(parameter.special, with.special);
  if (parameter.table == nullptr) return;
  auto& t = std::get<table_of<T>>(parameter.table->typed);
  std::swap(t.plan, *with.rows);
  std::swap(t.norms, with.row_norms);
}

template <class T>
void optimizer::state::adopt(named_parameter& parameter, std::shared_ptr<const parameter_options> with, const std::string* name) {
  adoption<T> made = make_adoption<T>(parameter, std::move(with), name);
  if (parameter.table != nullptr && parameter.options != nullptr && pays_otherwise(*parameter.options, *made.options)) flush(parameter);
  exchange<T>(parameter, made);
}

template <class T>
std::size_t optimizer::state::add(std::string name, std::span<T> array, std::span<const T> gradients,
                                  std::shared_ptr<const parameter_options> with, std::size_t group) {
  check_name(name);
  const bool detached = gradients.empty() && !array.empty();
  validate::array<T>("parameters", array, array.size(), &name);
  if (!detached) validate::array<T>("gradients", gradients, array.size(), &name);
  const dense::work<T> work{
      {.parameters = array.data(), .gradients = detached ? nullptr : gradients.data(), .accumulators = nullptr, .count = array.size()}, {}};
  named_parameter added{.name = nullptr, .work = work, .options = nullptr, .norms = nullptr, .table = nullptr, .group = group};
  adopt<T>(added, std::move(with), &name);
  return insert(std::move(name), std::move(added));
}

void optimizer::state::check_name(const std::string& name) const {
  if (name.empty()) validate::fail(nullptr, "the name of a parameter is empty: give it a name of its own");
  if (const auto known = index_of.find(name); known != index_of.end())
    validate::fail(&name, "the name is in use already, by the parameter with index " + std::to_string(known->second) +
                              ": choose another, or " + "use set_parameters and set_gradients to move the one that is there");
}

// Takes a parameter whose options were adopted, unless its memory is somebody else's.
std::size_t optimizer::state::insert(std::string name, named_parameter added) {
  const std::size_t index = parameters.size();
  make_room(parameters);
  tiles.reserve(parameters.capacity());
  const std::size_t ranges = written_ranges + ranges_of(added, *added.options, options.accumulation.calls > 1);
  written.reserve(ranges);
  const bool multiplied = added.options->learning_rate_multiplier != 1 || added.options->rule.weight_decay > 0 ||
                          added.options->rule.proximal_l1 > 0 || added.options->rule.proximal_l2 > 0;
  const auto place = index_of.emplace(std::move(name), index).first;
  added.name = &place->first;
  parameters.push_back(std::move(added));
  named_parameter& mine = parameters.back();
  try {
    if (written_current) {  // otherwise arrays are changing places, and the next step looks at all of them
      const memory_range range = elements_of(mine, index);
      if (const memory_range* other = written.find(range)) fail_overlap(range, *other);
      const bool zeroes = mine.options->zero_gradients;
      const memory_range own_gradients = gradients_of(mine, index);
      for (std::size_t i = 0; i <= index; ++i)
        for_each_read(parameters[i], i, [&](const memory_range& read) {
          if (validate::overlap(range, read)) fail_overlap(range, read);
          if (zeroes && i < index && validate::overlap(own_gradients, read)) fail_overlap(own_gradients, read);
        });
      check_gradients(mine, index);
      mine.gradients_checked = true;
      written.insert(range);
      if (zeroes) written.insert(own_gradients);
    }
  } catch (...) {
    parameters.pop_back();
    index_of.erase(place);
    throw;
  }
  written_ranges = ranges;
  floats += std::holds_alternative<dense::work<float>>(mine.work);
  products |= multiplied;
  any_norms |= mine.norms != nullptr;
  any_tables |= mine.table != nullptr;
  tiles_current = all_filled = norm_tiles_current = false;
  return index;
}

void optimizer::state::change_options(const parameter_key& which, const std::function<void(parameter_options&)>& change) {
  const std::size_t index = find(which);
  if (!change) validate::fail(parameters[index].name, "change is an empty std::function: give it something to call");
  auto with = std::make_shared<parameter_options>(*parameters[index].options);
  change(*with);
  named_parameter& parameter = parameters[index];                                             // the call may have added others
  if (with->initial_accumulator != parameter.options->initial_accumulator) prepare_arrays();  // with what was said when it was added
  const bool accumulates = options.accumulation.calls > 1;
  const std::size_t ranges =
      written_ranges - ranges_of(parameter, *parameter.options, accumulates) + ranges_of(parameter, *with, accumulates);
  written.reserve(ranges);
  const bool zeroing_changes = with->zero_gradients != parameter.options->zero_gradients;
  std::visit([&]<class T>(const dense::work<T>&) { adopt<T>(parameter, with, parameter.name); }, parameter.work);
  written_ranges = ranges;
  if (!parameter.options->average.enabled) parameter.averaging = false;  // when it is enabled again it begins anew
  parameter.clip_factor = 1;  // a step that does not look at its norm any more does not set it either
  products = true;
  any_norms |= parameter.norms != nullptr;
  if (zeroing_changes) written_current = false;
  norm_tiles_current = all_filled = false;  // arrays may be missing
}

#define ADAGRAD_FOR(T)                                                                                                                   \
  template std::size_t optimizer::state::add<T>(std::string, std::span<T>, std::span<const T>, std::shared_ptr<const parameter_options>, \
                                                std::size_t);                                                                            \
  template adoption<T> optimizer::state::make_adoption<T>(const named_parameter&, std::shared_ptr<const parameter_options>,              \
                                                          const std::string*) const;                                                     \
  template void optimizer::state::adopt<T>(named_parameter&, std::shared_ptr<const parameter_options>, const std::string*);              \
  template void optimizer::state::exchange<T>(named_parameter&, adoption<T>&) noexcept;
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad
