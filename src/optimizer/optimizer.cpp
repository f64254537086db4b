// The public face of the optimizer: checks of what the caller gives, and the way to its state.
#include "adagrad/optimizer.hpp"

#include <stdexcept>
#include <utility>

#include "optimizer/state.hpp"
#include "validate/fail.hpp"
#include "validate/optimizer.hpp"
#include "validate/schedule.hpp"

namespace adagrad {

// The defaults must do for either type; a float's range is checked when a float parameter is added.
optimizer::optimizer(optimizer_options options) {
  validate::learning_rate_schedule(options.learning_rate);
  validate::optimizer(options);
  validate::parameter<double>(options.defaults, options);
  state_ = std::make_unique<state>();
  state_->groups.push_back({"", std::make_shared<const parameter_options>(options.defaults), {}, 0});
  state_->rates.reserve(1);
  const threading how = options.how;
  state_->options = std::move(options);
  state_->set_threading(how);
}

optimizer::~optimizer() = default;
optimizer::optimizer(optimizer&&) noexcept = default;
optimizer& optimizer::operator=(optimizer&&) noexcept = default;

optimizer::state& optimizer::get() {
  if (state_ == nullptr) throw std::logic_error("adagrad: this optimizer was moved from: use the one it was moved to, or assign a new one");
  if (state_->asking)
    throw std::logic_error("adagrad: the schedule calls the optimizer that is asking it: compute the rate from the iterations it is given");
  return *state_;
}
const optimizer::state& optimizer::get() const { return const_cast<optimizer*>(this)->get(); }

#define ADAGRAD_FOR(T)                                                                                                                    \
  std::size_t optimizer::add(std::string name, std::span<T> parameters, std::span<const T> gradients) {                                   \
    return get().add(std::move(name), parameters, gradients, get().groups[0].options, 0);                                                 \
  }                                                                                                                                       \
  std::size_t optimizer::add(std::string name, std::span<T> parameters, std::span<const T> gradients, const parameter_options& options) { \
    return get().add(std::move(name), parameters, gradients, std::make_shared<const parameter_options>(options), 0);                      \
  }                                                                                                                                       \
  std::size_t optimizer::add(std::string name, std::span<T> parameters, std::span<const T> gradients, const in_group& group) {            \
    const std::size_t index = get().find_group(group.name);                                                                               \
    return get().add(std::move(name), parameters, gradients, get().changed(index, group.change), index);                                  \
  }                                                                                                                                       \
  void optimizer::set_parameters(parameter_key which, std::span<T> parameters) { get().set_parameters(which, parameters); }               \
  void optimizer::set_gradients(parameter_key which, std::span<const T> gradients) { get().set_gradients(which, gradients); }             \
  std::size_t optimizer::add_table(std::string name, rows_view<T> table, const row_options& rows) {                                       \
    return get().add_table(std::move(name), table, rows, get().groups[0].options, 0);                                                     \
  }                                                                                                                                       \
  std::size_t optimizer::add_table(std::string name, rows_view<T> table, const row_options& rows, const parameter_options& options) {     \
    return get().add_table(std::move(name), table, rows, std::make_shared<const parameter_options>(options), 0);                          \
  }                                                                                                                                       \
  std::size_t optimizer::add_table(std::string name, rows_view<T> table, const row_options& rows, const in_group& group) {                \
    const std::size_t index = get().find_group(group.name);                                                                               \
    return get().add_table(std::move(name), table, rows, get().changed(index, group.change), index);                                      \
  }                                                                                                                                       \
  void optimizer::set_table(parameter_key which, rows_view<T> table) { get().set_table(which, table); }                                   \
  void optimizer::set_row_gradients(parameter_key which, const row_gradients<T>& gradients) {                                             \
    get().set_row_gradients<T>(which, gradients);                                                                                         \
  }                                                                                                                                       \
  void optimizer::set_row_gradients(parameter_key which, const bag_gradients<T>& gradients) {                                             \
    get().set_row_gradients<T>(which, gradients);                                                                                         \
  }                                                                                                                                       \
  void optimizer::set_state(parameter_key which, state_array array, std::span<const T> values) { get().set_state(which, array, values); } \
  void optimizer::set_accumulators(parameter_key which, std::span<const T> accumulators) {                                                \
    get().set_state(which, state_array::accumulators, accumulators);                                                                      \
  }                                                                                                                                       \
  template <>                                                                                                                             \
  ADAGRAD_API std::span<const T> optimizer::state_of<T>(parameter_key which, state_array array) {                                         \
    return get().state_of<T>(which, array);                                                                                               \
  }
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

void optimizer::add_group(std::string name, std::function<void(parameter_options&)> change, std::optional<schedule> learning_rate,
                          std::string_view parent) {
  if (learning_rate) validate::learning_rate_schedule(*learning_rate);
  get().add_group(std::move(name), change, std::move(learning_rate), parent);
}
void optimizer::change_options(parameter_key which, const std::function<void(parameter_options&)>& change) {
  get().change_options(which, change);
}
void optimizer::exclude_from_weight_decay(parameter_key which) {
  get().change_options(which, [](parameter_options& options) {
    options.rule.weight_decay = 0;
    options.rule.decay_rounding = multiply_add::two_roundings;
  });
}

void optimizer::flush() { get().flush(); }
std::span<const std::uint64_t> optimizer::row_counts(parameter_key which) const {
  return const_cast<optimizer*>(this)->get().row_counts(which);
}
void optimizer::set_row_counts(parameter_key which, std::span<const std::uint64_t> counts) { get().set_row_counts(which, counts); }

void optimizer::detach_gradients(parameter_key which) { get().detach_gradients(which); }

step_report optimizer::step() { return get().step(); }
void optimizer::prepare() { get().prepare(); }

std::uint64_t optimizer::iterations() const { return get().iterations; }
void optimizer::set_iterations(std::uint64_t iterations) { get().iterations = iterations; }

std::uint64_t optimizer::pending_calls() const { return get().calls; }
void optimizer::set_pending_calls(std::uint64_t calls) {
  state& s = get();
  if (calls >= s.options.accumulation.calls)
    validate::fail(nullptr, "pending_calls is " + std::to_string(calls) + "; it must be below accumulation.calls, which is " +
                                std::to_string(s.options.accumulation.calls) + ": a window ends with its last call");
  s.calls = calls;
}

double optimizer::learning_rate() const {
  std::vector<double> rates;
  get().ask_rates(rates);
  return rates[0];
}
double optimizer::learning_rate(parameter_key which) const {
  std::vector<double> rates;
  get().ask_rates(rates);
  return get().rate_of(get().parameters[get().find(which)], rates);
}
void optimizer::set_learning_rate(schedule learning_rate) { set_learning_rate("", std::move(learning_rate)); }
void optimizer::set_learning_rate(std::string_view group, schedule learning_rate) {
  state& s = get();
  validate::learning_rate_schedule(learning_rate);
  const std::size_t index = s.find_group(group);
  s.prepare_rate(index, learning_rate);
  if (index == 0) s.options.learning_rate = std::move(learning_rate);
  else s.groups[index].learning_rate = std::move(learning_rate);
}

void optimizer::set_threading(const threading& how) { get().set_threading(how); }

bool optimizer::has_state(parameter_key which, state_array array) const {
  const named_parameter& p = get().parameters[get().find(which)];
  switch (array) {
    case state_array::averages: return p.averaging;
    case state_array::pending_gradients: return p.gathered;
    case state_array::gradient_sums: return p.options->method == method::dual_averaging;
    default: return true;
  }
}
void optimizer::use_averages() { get().use_averages(); }
void optimizer::reset() { get().reset(); }

const parameter_options& optimizer::defaults() const { return get().options.defaults; }
const parameter_options& optimizer::options(parameter_key which) const { return *get().parameters[get().find(which)].options; }
std::size_t optimizer::size() const { return get().parameters.size(); }
bool optimizer::contains(std::string_view name) const { return get().index_of.contains(name); }
std::string_view optimizer::name(std::size_t index) const { return *get().parameters[get().find(index)].name; }
std::size_t optimizer::index(std::string_view name) const { return get().find(name); }

}  // namespace adagrad
