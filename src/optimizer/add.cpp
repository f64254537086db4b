// Adding a parameter.
#include <algorithm>
#include <utility>

#include "optimizer/state.hpp"
#include "validate/dense.hpp"
#include "validate/fail.hpp"

namespace adagrad {
namespace {

template <class Vector>
void make_room(Vector& vector) {
  if (vector.size() == vector.capacity()) vector.reserve(2 * vector.size() + 1);
}

}  // namespace

template <class T>
std::size_t optimizer::state::add(std::string name, std::span<T> array, std::span<const T> gradients, const parameter_options& options) {
  if (name.empty()) validate::fail(nullptr, "the name of a parameter is empty: give it a name of its own");
  if (const auto known = index_of.find(name); known != index_of.end())
    validate::fail(&name, "the name is in use already, by the parameter with index " + std::to_string(known->second) +
                              ": choose another, or " + "use set_parameters and set_gradients to move the one that is there");
  const bool detached = gradients.empty() && !array.empty();
  validate::array<T>("parameters", array, array.size(), &name);
  if (!detached) validate::array<T>("gradients", gradients, array.size(), &name);
  const dense::work<T> work = dense::make_work<T>(array, detached ? nullptr : gradients.data(), nullptr, options.rule, &name);
  validate::not_negative<T>("initial_accumulator", options.initial_accumulator, "use 0, or 0.1 as Keras 3 and TensorFlow do", &name);

  const std::size_t index = parameters.size();
  make_room(parameters);
  tiles.reserve(parameters.capacity());
  written.reserve(2 * parameters.capacity());
  const auto place = index_of.emplace(std::move(name), index).first;
  parameters.push_back({&place->first, work, options.initial_accumulator, false, false});
  try {
    if (written_current) {  // otherwise arrays are changing places, and the next step looks at all of them
      const auto range = bytes_of(work.parameters, work.count, index, array_role::parameters);
      if (const memory_range* other = written.find(range)) fail_overlap(range, *other);
      for (std::size_t i = 0; i <= index; ++i) {
        const memory_range gradients_i = gradients_of(parameters[i], i);
        if (validate::overlap(range, gradients_i)) fail_overlap(range, gradients_i);
      }
      check_gradients(parameters.back(), index);
      parameters.back().gradients_checked = true;
      written.insert(range);
    }
  } catch (...) {
    parameters.pop_back();
    index_of.erase(place);
    throw;
  }
  floats += sizeof(T) == sizeof(float);
  double& largest = sizeof(T) == sizeof(float) ? largest_float_decay : largest_double_decay;
  largest = std::max(largest, work.before.decoupled_decay);
  tiles_current = all_filled = false;
  return index;
}

template std::size_t optimizer::state::add<float>(std::string, std::span<float>, std::span<const float>, const parameter_options&);
template std::size_t optimizer::state::add<double>(std::string, std::span<double>, std::span<const double>, const parameter_options&);

}  // namespace adagrad
