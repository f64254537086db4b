// Finding a parameter, and changing what it points to or remembers.
#include <algorithm>

#include "optimizer/state.hpp"
#include "validate/arrays.hpp"
#include "validate/fail.hpp"

namespace adagrad {

std::size_t optimizer::state::find(const parameter_key& which) const {
  if (which.by_index()) {
    if (!which.negative() && which.index() < parameters.size()) return which.index();
    const std::string number =
        std::string(which.negative() ? "-" : "").append(std::to_string(which.negative() ? 0 - which.index() : which.index()));
    validate::fail(nullptr, "there is no parameter with index " + number + ": indices go from 0 to size() - 1, and size() is " +
                                std::to_string(parameters.size()));
  }
  const auto found = index_of.find(which.name());
  if (found != index_of.end()) return found->second;
  validate::fail(nullptr, "there is no parameter with the name \"" + std::string(which.name()) +
                              "\": add it first, or check the spelling with name()");
}

template <class T>
dense::work<T>& optimizer::state::work_of(std::size_t index) {
  named_parameter& parameter = parameters[index];
  if (auto* work = std::get_if<dense::work<T>>(&parameter.work)) return *work;
  using other = std::conditional_t<sizeof(T) == sizeof(float), double, float>;
  validate::fail(parameter.name,
                 std::string("its elements are ") + type_name<other> + ", not " + type_name<T> + ": pass spans of its type");
}

template <class T>
void optimizer::state::set_parameters(const parameter_key& which, std::span<T> array) {
  const std::size_t index = find(which);
  auto& work = work_of<T>(index);
  if (parameters[index].table != nullptr) validate::fail(parameters[index].name, "it is a table: use set_table");
  validate::array<T>("parameters", array, work.count, parameters[index].name);
  if (work.parameters == array.data()) return;
  work.parameters = array.data();
  written_current = false;
}

template <class T>
void optimizer::state::set_gradients(const parameter_key& which, std::span<const T> gradients) {
  const std::size_t index = find(which);
  auto& work = work_of<T>(index);
  named_parameter& parameter = parameters[index];
  if (parameter.table != nullptr) validate::fail(parameter.name, "it is a table: use set_row_gradients");
  if (gradients.empty() && work.count > 0)
    validate::fail(parameter.name,
                   "gradients is empty, in place of " + std::to_string(work.count) + " elements: if it has none now, detach_gradients");
  validate::array("gradients", gradients, work.count, parameter.name);
  if (work.gradients == gradients.data()) return;
  if ((work.gradients == nullptr) != (gradients.data() == nullptr)) tiles_current = norm_tiles_current = false;
  work.gradients = gradients.data();
  parameter.gradients_checked = gradients_checked = false;
  if (parameter.options->zero_gradients) written_current = false;
}

void optimizer::state::detach_gradients(const parameter_key& which) {
  named_parameter& parameter = parameters[find(which)];
  std::visit([](auto& work) { work.gradients = nullptr; }, parameter.work);
  if (parameter.table != nullptr) std::visit([](auto& t) { t.gradients = std::monostate(); }, parameter.table->typed);
  if (parameter.options->zero_gradients) written_current = false;
  tiles_current = norm_tiles_current = false;
}

// The array, allocated and filled; refuses one that the parameter's options do not ask for, though it may be there from before they were changed.
template <class T>
T* optimizer::state::array_of(const named_parameter& parameter, const dense::work<T>& work, state_array array) {
  struct choice {
    T* dense::work<T>::*data;
    bool kept;
    const char *name, *remedy;
  };
  const parameter_options& p = *parameter.options;
  const choice choices[] = {{&dense::work<T>::accumulators, true, "accumulators", ""},
                            {&dense::work<T>::gradient_sums, p.method == method::dual_averaging, "gradient_sums", "method::dual_averaging"},
                            {&dense::work<T>::averages, p.average.enabled, "averages", "average.enabled"},
                            {&dense::work<T>::pending, options.accumulation.calls > 1, "pending_gradients", "accumulation.calls above 1"}};
  if (static_cast<std::size_t>(array) >= std::size(choices))
    validate::fail(parameter.name, "state_array is " + std::to_string(static_cast<unsigned>(array)) +
                                       ", which is none of its values: use one of its names");
  const choice& chosen = choices[static_cast<std::size_t>(array)];
  if (!chosen.kept) validate::fail(parameter.name, std::string("it has no ") + chosen.name + ": they are kept with " + chosen.remedy);
  prepare_arrays();
  return work.*chosen.data;
}

template <class T>
std::span<const T> optimizer::state::state_of(const parameter_key& which, state_array array) {
  const std::size_t index = find(which);
  auto& work = work_of<T>(index);
  return {array_of<T>(parameters[index], work, array), work.count};
}

template <class T>
void optimizer::state::set_state(const parameter_key& which, state_array array, std::span<const T> values) {
  const std::size_t index = find(which);
  auto& work = work_of<T>(index);
  named_parameter& parameter = parameters[index];
  const char* const name = array == state_array::accumulators ? "accumulators" : "values";
  validate::array(name, values, work.count, parameter.name);
  const auto bad = std::find_if(values.begin(), values.end(), [](T G) { return !(G >= 0); });
  if (array == state_array::accumulators && bad != values.end())
    validate::fail(parameter.name, "accumulators[" + std::to_string(bad - values.begin()) + "] is " +
                                       validate::text(static_cast<double>(*bad)) +
                                       "; a sum of squares is at least 0: pass what accumulators() returned");
  T* const kept = array_of<T>(parameter, work, array);
  if (parameter.table != nullptr) flush(parameter);  // rows pay with the accumulators that they had
  std::copy(values.begin(), values.end(), kept);
  if (array == state_array::averages) parameter.averaging = true;
  if (array != state_array::pending_gradients) return;
  parameter.gathered = true;
  tiles_current = norm_tiles_current = false;  // they move it, even if it has no gradients
}

void optimizer::state::use_averages() {
  prepare_arrays();
  for (named_parameter& parameter : parameters)
    std::visit(
        [&](auto& work) {
          if (parameter.options->average.enabled && parameter.averaging) std::copy_n(work.averages, work.count, work.parameters);
        },
        parameter.work);
}

void optimizer::state::reset() {
  prepare_arrays();  // allocates, and may fail: before anything is forgotten
  for (named_parameter& parameter : parameters) {
    parameter.filled = false;
    if (parameter.table != nullptr) parameter.table->forget();
  }
  fill_arrays();
  norm_tiles_current = false;  // what was pending is gone
  iterations = calls = 0;
}

void optimizer::state::set_threading(const threading& new_how) {
  validate::threads(new_how);
  options.how = new_how;
  norm_tiles_current = false;  // there is room for as many findings as parts
  if (new_how.pool == nullptr) return;
  pool = *new_how.pool;
  options.how.pool = &pool;
}

#define ADAGRAD_FOR(T)                                                                          \
  template dense::work<T>& optimizer::state::work_of<T>(std::size_t);                           \
  template void optimizer::state::set_parameters<T>(const parameter_key&, std::span<T>);        \
  template void optimizer::state::set_gradients<T>(const parameter_key&, std::span<const T>);   \
  template std::span<const T> optimizer::state::state_of<T>(const parameter_key&, state_array); \
  template void optimizer::state::set_state<T>(const parameter_key&, state_array, std::span<const T>);
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad
