// Finding a parameter, and changing what it points to or remembers.
#include <algorithm>

#include "optimizer/state.hpp"
#include "validate/dense.hpp"
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
  if (gradients.empty() && work.count > 0)
    validate::fail(parameter.name,
                   "gradients is empty, in place of " + std::to_string(work.count) + " elements: if it has none now, detach_gradients");
  validate::array("gradients", gradients, work.count, parameter.name);
  if (work.gradients == gradients.data()) return;
  if ((work.gradients == nullptr) != (gradients.data() == nullptr)) tiles_current = false;
  work.gradients = gradients.data();
  parameter.gradients_checked = gradients_checked = false;
}

void optimizer::state::detach_gradients(const parameter_key& which) {
  std::visit([](auto& work) { work.gradients = nullptr; }, parameters[find(which)].work);
  tiles_current = false;
}

template <class T>
void optimizer::state::set_accumulators(const parameter_key& which, std::span<const T> accumulators) {
  const std::size_t index = find(which);
  auto& work = work_of<T>(index);
  const std::string* const name = parameters[index].name;
  validate::array("accumulators", accumulators, work.count, name);
  const auto bad = std::find_if(accumulators.begin(), accumulators.end(), [](T G) { return !(G >= 0); });
  if (bad != accumulators.end())
    validate::fail(name, "accumulators[" + std::to_string(bad - accumulators.begin()) + "] is " +
                             validate::text(static_cast<double>(*bad)) +
                             "; a sum of squares is at least 0: pass what accumulators() returned");
  prepare_accumulators();
  std::copy(accumulators.begin(), accumulators.end(), work.accumulators);
}

void optimizer::state::reset() {
  prepare_accumulators();  // allocates, and may fail: before anything is forgotten
  for (named_parameter& parameter : parameters) parameter.filled = false;
  fill_accumulators();
  iterations = 0;
}

void optimizer::state::set_threading(const threading& new_how) {
  validate::threads(new_how);
  how = new_how;
  if (how.pool == nullptr) return;
  pool = *how.pool;
  how.pool = &pool;
}

#define ADAGRAD_FOR(T)                                                                        \
  template dense::work<T>& optimizer::state::work_of<T>(std::size_t);                         \
  template void optimizer::state::set_parameters<T>(const parameter_key&, std::span<T>);      \
  template void optimizer::state::set_gradients<T>(const parameter_key&, std::span<const T>); \
  template void optimizer::state::set_accumulators<T>(const parameter_key&, std::span<const T>);
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad
