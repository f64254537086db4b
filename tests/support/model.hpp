// A random set of parameters, float and double, small and large, with options of every kind, and the loop over the reference that an optimizer
// must agree with.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "adagrad/adagrad.hpp"
#include "support/bits.hpp"
#include "support/random_options.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

namespace adagrad::test {

template <class T>
struct tensor {
  std::vector<T> parameters, gradients, accumulators;
};

struct named_tensor {
  std::string name;
  std::variant<tensor<float>, tensor<double>> data;
  parameter_options options;
};

using model = std::vector<named_tensor>;

// Exact rules only: `fast` has no reference.
inline parameter_options random_options(random_bits& random) {
  constexpr double initial[] = {0, 0, 0.1, 1, 400};
  return {.rule = random_rule(random), .initial_accumulator = one_of(initial, random)};
}

template <class T>
tensor<T> random_tensor(std::size_t count, const parameter_options& options, random_bits& random) {
  auto data = mixed_arrays<T>(count, random());
  return {std::move(data.parameters), std::move(data.gradients), std::vector<T>(count, static_cast<T>(options.initial_accumulator))};
}

inline model random_model(std::size_t tensors, std::size_t largest, std::uint64_t seed) {
  random_bits random(seed);
  model m;
  for (std::size_t i = 0; i < tensors; ++i) {
    const std::size_t kind = random() % 8;
    const std::size_t count = kind == 0 ? random() % 2 : kind < 5 ? random() % 100 : kind < 7 ? random() % 5000 : random() % largest;
    const auto options = random_options(random);
    named_tensor t{"tensor" + std::to_string(i), {}, options};
    if (random() % 2) t.data = random_tensor<float>(count, options, random);
    else t.data = random_tensor<double>(count, options, random);
    m.push_back(std::move(t));
  }
  return m;
}

inline void new_gradients(model& m, std::uint64_t seed) {
  for (auto& t : m)
    std::visit(
        [&]<class T>(tensor<T>& data) {
          random_bits random(++seed);
          for (T& g : data.gradients) g = random() % 8 ? usual_value<T>(random) : any_value<T>(random);
        },
        t.data);
}

inline void add_all(optimizer& o, model& m) {
  for (auto& t : m) std::visit([&](auto& data) { o.add(t.name, data.parameters, data.gradients, t.options); }, t.data);
}

inline void reference_step(model& m, double rate) {
  for (auto& t : m)
    std::visit([&](auto& data) { reference::update(data.parameters, data.gradients, data.accumulators, rate, t.options.rule); }, t.data);
}

// The names of the tensors whose parameters or accumulators differ; "" for none.
inline std::string differing(optimizer& o, const model& ours, const model& expected) {
  std::string names;
  for (std::size_t i = 0; i < ours.size(); ++i)
    std::visit(
        [&]<class T>(const tensor<T>& data) {
          const auto& right = std::get<tensor<T>>(expected[i].data);
          const std::span<const T> accumulators = o.accumulators<T>(ours[i].name), right_accumulators = right.accumulators;
          const std::size_t n = data.parameters.size();
          if (first_difference(data.parameters, right.parameters) != n || accumulators.size() != n ||
              first_difference(accumulators, right_accumulators) != n)
            names += ours[i].name + " ";
        },
        ours[i].data);
  return names;
}

}  // namespace adagrad::test
