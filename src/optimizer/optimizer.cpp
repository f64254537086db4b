// The public face of the optimizer: checks of what the caller gives, and the way to its state.
#include "adagrad/optimizer.hpp"

#include <stdexcept>
#include <utility>

#include "optimizer/state.hpp"
#include "validate/dense.hpp"
#include "validate/schedule.hpp"

namespace adagrad {
namespace {

// The defaults must do for either type; a float's range is checked when a float parameter is added.
void check(const parameter_options& defaults) {
  validate::step<double>(0, defaults.rule);
  validate::before_move<double>(defaults.rule);
  validate::constraint<double>(defaults.rule.constraint);
  validate::not_negative<double>("initial_accumulator", defaults.initial_accumulator, "use 0, or 0.1 as Keras 3 and TensorFlow do");
}

}  // namespace

optimizer::optimizer(optimizer_options options) {
  validate::learning_rate_schedule(options.learning_rate);
  check(options.defaults);
  state_ = std::make_unique<state>();
  state_->set_threading(options.how);
  state_->learning_rate = std::move(options.learning_rate);
  state_->defaults = options.defaults;
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

std::size_t optimizer::add(std::string name, std::span<float> parameters, std::span<const float> gradients) {
  return get().add(std::move(name), parameters, gradients, get().defaults);
}
std::size_t optimizer::add(std::string name, std::span<double> parameters, std::span<const double> gradients) {
  return get().add(std::move(name), parameters, gradients, get().defaults);
}
std::size_t optimizer::add(std::string name, std::span<float> parameters, std::span<const float> gradients,
                           const parameter_options& options) {
  return get().add(std::move(name), parameters, gradients, options);
}
std::size_t optimizer::add(std::string name, std::span<double> parameters, std::span<const double> gradients,
                           const parameter_options& options) {
  return get().add(std::move(name), parameters, gradients, options);
}

void optimizer::set_parameters(parameter_key which, std::span<float> parameters) { get().set_parameters(which, parameters); }
void optimizer::set_parameters(parameter_key which, std::span<double> parameters) { get().set_parameters(which, parameters); }
void optimizer::set_gradients(parameter_key which, std::span<const float> gradients) { get().set_gradients(which, gradients); }
void optimizer::set_gradients(parameter_key which, std::span<const double> gradients) { get().set_gradients(which, gradients); }
void optimizer::detach_gradients(parameter_key which) { get().detach_gradients(which); }

step_report optimizer::step() { return get().step(); }
void optimizer::prepare() { get().prepare(); }

std::uint64_t optimizer::iterations() const { return get().iterations; }
void optimizer::set_iterations(std::uint64_t iterations) { get().iterations = iterations; }

double optimizer::learning_rate() const { return get().checked_rate(); }
void optimizer::set_learning_rate(schedule learning_rate) {
  state& s = get();
  validate::learning_rate_schedule(learning_rate);
  s.learning_rate = std::move(learning_rate);
}

void optimizer::set_threading(const threading& how) { get().set_threading(how); }

template <class T>
  requires(std::same_as<T, float> || std::same_as<T, double>)
std::span<const T> optimizer::accumulators(parameter_key which) {
  const auto& work = get().work_of<T>(get().find(which));
  get().prepare_accumulators();
  return {work.accumulators, work.count};
}
template ADAGRAD_API std::span<const float> optimizer::accumulators<float>(parameter_key which);
template ADAGRAD_API std::span<const double> optimizer::accumulators<double>(parameter_key which);

void optimizer::set_accumulators(parameter_key which, std::span<const float> accumulators) { get().set_accumulators(which, accumulators); }
void optimizer::set_accumulators(parameter_key which, std::span<const double> accumulators) { get().set_accumulators(which, accumulators); }

void optimizer::reset() { get().reset(); }

const parameter_options& optimizer::defaults() const { return get().defaults; }
std::size_t optimizer::size() const { return get().parameters.size(); }
bool optimizer::contains(std::string_view name) const { return get().index_of.contains(name); }
std::string_view optimizer::name(std::size_t index) const { return *get().parameters[get().find(index)].name; }
std::size_t optimizer::index(std::string_view name) const { return get().find(name); }

}  // namespace adagrad
