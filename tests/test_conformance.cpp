// Recordings of other systems, replayed: no differing bit where that system rounds as we do, else a bound. tests/conformance/README.md
// says why a bound is needed, system by system, with the smallest case that shows it.
#include <algorithm>
#include <cstdio>
#include <map>

#include "support/bits.hpp"
#include "support/migration.hpp"
#include "support/recording.hpp"
#include "support/rules.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

// How far a step may be from the recorded one. 0: the same bits, from the first step to the last, without ever being set right. Otherwise each
// step starts from the recorded arrays, and may differ by so many ulps of the update and of an array's values.
struct bound {
  double update = 0;       // ulps of the update of a weight
  double weight = 0;       // ulps of the weight: what is not part of the update, such as decay and constraints
  double accumulator = 0;  // ulps of the accumulator
  bool zero_signs = true;  // whether pending gradients of 0 have their sign
  bool exact() const { return update == 0 && weight == 0 && accumulator == 0; }
};

template <class T>
double ulp_of(T value) {
  const T size = std::max(std::abs(value), std::numeric_limits<T>::min());
  return static_cast<double>(std::nextafter(size, std::numeric_limits<T>::infinity()) - size);
}

state_array array_named(const std::string& name) {
  if (name == "accumulator") return state_array::accumulators;
  if (name == "average") return state_array::averages;
  if (name == "gradient_sum") return state_array::gradient_sums;
  if (name == "accumulated_gradient") return state_array::pending_gradients;
  throw std::runtime_error("unknown state " + name);
}

// The largest distances seen, in the units of the bound.
struct seen {
  int cases = 0;
  double update = 0, weight = 0, accumulator = 0;
};

template <class T>
class replay {
 public:
  replay(const recording& from, const json& one, const migrated& with, const bound& allowed)
      : one_(one), allowed_(allowed), steps_(from.steps<T>(one)), optimizer_(with.optimizer) {
    for (const auto& name : one.at("states")) states_.push_back(array_named(name.get<std::string>()));
    for (const auto& start : steps_[0]) {
      weights_.push_back(start.weights);
      gradients_.emplace_back(start.weights.size());
    }
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const std::string name = std::string("w").append(std::to_string(i));
      if (!with.rates.empty()) optimizer_.add_group(name, {}, with.rates[i]);
      const in_group group{with.rates.empty() ? "" : name, [&](parameter_options& o) { o = with.tensors[i]; }};
      optimizer_.add(name, std::span<T>(weights_[i]), std::span<const T>(gradients_[i]), group);
    }
    if (!allowed_.exact()) return;
    for (std::size_t i = 0; i < weights_.size(); ++i)
      for (std::size_t s = 0; s < states_.size(); ++s)
        if (states_[s] == state_array::accumulators) optimizer_.set_state(i, states_[s], std::span<const T>(steps_[0][i].states[s]));
  }

  // The first difference that is not allowed; "" for none.
  std::string run(seen& most) {
    ++most.cases;
    for (std::size_t step = 1; step < steps_.size(); ++step) {
      if (!allowed_.exact()) start_from(steps_[step - 1], step - 1);
      for (std::size_t i = 0; i < weights_.size(); ++i) std::ranges::copy(steps_[step][i].gradients, gradients_[i].begin());
      optimizer_.step();
      for (std::size_t i = 0; i < weights_.size(); ++i) {
        const auto& now = steps_[step][i];
        const auto& before = steps_[step - 1][i];
        for (std::size_t k = 0; k < now.weights.size(); ++k)
          if (!compare_weight(before.weights[k], weights_[i][k], now.weights[k], size_before_threshold(now, k, step), most))
            return place(step, i, k, "weight", weights_[i][k], now.weights[k]);
        for (std::size_t s = 0; s < states_.size(); ++s) {
          const auto ours = optimizer_.template state_of<T>(i, states_[s]);
          for (std::size_t k = 0; k < ours.size(); ++k)
            if (!compare_state(before.states[s][k], ours[k], now.states[s][k],
                               std::max(std::abs(before.weights[k]), std::abs(now.weights[k])), states_[s], most))
              return place(step, i, k, one_.at("states")[s].get<std::string>(), ours[k], now.states[s][k]);
        }
      }
    }
    return "";
  }

 private:
  void start_from(const std::vector<recorded_arrays<T>>& arrays, std::size_t step) {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      std::ranges::copy(arrays[i].weights, weights_[i].begin());
      for (std::size_t s = 0; s < states_.size(); ++s) optimizer_.set_state(i, states_[s], std::span<const T>(arrays[i].states[s]));
    }
    optimizer_.set_iterations(step);
  }

  // What the subtraction of the update from the weight rounds away is no distance of the updates: half an ulp of the weight on either side.
  bool compare_weight(T before, T ours, T theirs, double size, seen& most) const {
    if (allowed_.exact()) return bits(ours) == bits(theirs);
    const double off = std::abs(static_cast<double>(ours) - static_cast<double>(theirs));
    const double weight = std::max({ulp_of(ours), ulp_of(theirs), ulp_of(before), ulp_of(static_cast<T>(size))});
    const double update = ulp_of(static_cast<T>(std::abs(static_cast<double>(before) - static_cast<double>(theirs))));
    if (allowed_.weight > 0) most.weight = std::max(most.weight, off / weight);
    else most.update = std::max(most.update, std::max(0.0, off - weight) / update);
    return off <= allowed_.weight * weight + weight + allowed_.update * update;
  }

  // An average is as far off as the weight that went into it; `weight` is the larger of those before and after.
  bool compare_state(T before, T ours, T theirs, T weight, state_array which, seen& most) const {
    if (which == state_array::pending_gradients && !allowed_.zero_signs && ours == 0 && theirs == 0) return true;
    if (allowed_.exact()) return bits(ours) == bits(theirs);
    if (which == state_array::averages) return compare_weight(before, ours, theirs, static_cast<double>(weight), most);
    if (which != state_array::accumulators) return bits(ours) == bits(theirs);
    const double off = std::abs(static_cast<double>(ours) - static_cast<double>(theirs)) / ulp_of(theirs);
    most.accumulator = std::max(most.accumulator, off);
    return off <= allowed_.accumulator;
  }

  // Where an l1 term takes away most of a weight, what is left is as far off as what was there.
  double size_before_threshold(const recorded_arrays<T>& now, std::size_t k, std::size_t step) const {
    const json& o = one_.at("options");
    const double l1 = number(o, "l1", 0), rate = number(o, "lr", 0);
    if (l1 == 0) return 0;
    const double H = std::sqrt(static_cast<double>(now.states[0][k]));
    if (now.states.size() < 2) return std::max(std::abs(static_cast<double>(now.gradients[k])), l1) * rate / H;
    return std::max(std::abs(static_cast<double>(now.states[1][k])), l1 * static_cast<double>(step)) * rate / H;
  }

  std::string place(std::size_t step, std::size_t tensor, std::size_t element, const std::string& array, T ours, T theirs) const {
    char text[200];
    std::snprintf(text, sizeof text, " step %zu, tensor %zu, %s[%zu]: %.17g here, %.17g there", step, tensor, array.c_str(), element,
                  static_cast<double>(ours), static_cast<double>(theirs));
    return one_.at("name").get<std::string>() + text;
  }

  const json& one_;
  bound allowed_;
  std::vector<std::vector<recorded_arrays<T>>> steps_;
  std::vector<state_array> states_;
  std::vector<std::vector<T>> weights_, gradients_;
  optimizer optimizer_;
};

// Replays a system on every instruction set; `migrate` gives our options for a case, `allow` the bound.
template <class Migrate, class Allow>
void replay_all(const std::string& system, int at_least, const Migrate& migrate, const Allow& allow) {
  const recording from(system);
  CHECK(static_cast<int>(from.cases().size()) >= at_least);
  for_each_isa([&](const std::string& isa) {
    std::map<std::string, seen> by_variant;
    for (const json& one : from.cases()) {
      const std::string variant = one.at("variant"), type = one.at("dtype");
      const bound allowed = allow(variant, type == "f64", one);
      seen& most = by_variant[(allowed.exact() ? "the same bits:  " : "within a bound: ") + variant + " " + type];
      const std::string difference = type == "f32" ? replay<float>(from, one, migrate(one), allowed).run(most)
                                                   : replay<double>(from, one, migrate(one), allowed).run(most);
      CHECK(difference == "");
    }
    if (isa != available_instruction_sets().front()) return;
    for (const auto& [name, most] : by_variant)
      std::printf("%-20s %-60s %3d cases, at most %.2g ulps of the update, %.2g of the weight, %.2g of the accumulator\n", system.c_str(),
                  name.c_str(), most.cases, most.update, most.weight, most.accumulator);
  });
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

// torch.sqrt of doubles is MKL's and wrong by an ulp in 1.4 % of all cases; fused uses the processor's. The norm of clip_grad_norm_ is formed in
// the tensor's type and multiplied by a reciprocal.
bound of_torch(const std::string& variant, bool doubles) {
  if (has(variant, "clip_norm")) return {.update = 10, .accumulator = 10};
  if (doubles && !has(variant, "fused")) return {.update = 4};
  return {};
}

// Keras 3 sums squares in the tensor's type, in the order of its backend; its weight decay is w - (w*wd)*lr, with PyTorch's backend w*(1 - wd*lr).
bound of_keras3(const std::string& variant, const json& one) {
  const json& o = one.at("options");
  bool norm_constraint = false;
  for (const json& tensor : one.at("tensors")) norm_constraint |= has(tensor.at("options").value("constraint", ""), "Norm");
  const bool decays = number(o, "weight_decay", 0) > 0, clips = o.contains("clipnorm") || o.contains("global_clipnorm");
  (void)variant;
  return {.update = clips ? 6.0 : 0, .weight = norm_constraint || decays ? 4.0 : 0, .accumulator = clips ? 10.0 : 0};
}

}  // namespace

TEST_CASE("PyTorch: single, foreach and fused, on processors with FMA") {
  replay_all(
      "torch", 96, [](const json& one) { return from_torch(one, true); },
      [](const std::string& variant, bool doubles, const json&) { return of_torch(variant, doubles); });
}

TEST_CASE("PyTorch: single, foreach and fused, without FMA") {
  replay_all(
      "torch_default", 9, [](const json& one) { return from_torch(one, false); },
      [](const std::string& variant, bool doubles, const json&) { return of_torch(variant, doubles); });
}

TEST_CASE("Keras 1: the same bits, clipping and constraints included, also after 1,000 steps with decay") {
  replay_all("keras1", 44, from_keras1, [](const std::string&, bool, const json&) { return bound{}; });
}

TEST_CASE("Keras 3: its numpy, TensorFlow and PyTorch backends") {
  const auto allow = [](const std::string& variant, bool, const json& one) { return of_keras3(variant, one); };
  replay_all(
      "keras3", 65, [](const json& one) { return from_keras3(one, false); }, allow);
  replay_all(
      "keras3_tensorflow", 48, [](const json& one) { return from_keras3(one, true); }, allow);
  replay_all(
      "keras3_torch", 18, [](const json& one) { return from_keras3(one, false); },
      [&](const std::string& variant, bool doubles, const json& one) {
        bound allowed = allow(variant, doubles, one);
        allowed.zero_signs = false;  // it clears pending gradients by multiplying with 0
        return allowed;
      });
}

// ApplyAdagrad and ApplyProximalAdagrad multiply by 1 / sqrt(G), for floats an estimate of it; ApplyAdagradDA associates lr * (l2 * t) and l1 * t
// in the tensor's type.
TEST_CASE("TensorFlow's raw operations") {
  replay_all("tensorflow", 68, from_tensorflow, [](const std::string& variant, bool, const json& one) {
    if (variant == "ApplyAdagradV2") return bound{};
    if (variant == "ApplyAdagrad") return bound{.update = 4};
    if (variant == "ApplyAdagradDA") {
      const bool terms = number(one.at("options"), "l1", 0) > 0 || number(one.at("options"), "l2", 0) > 0;
      return terms ? bound{.weight = 6} : bound{};
    }
    return bound{.update = 4, .weight = 6};
  });
}

// optax multiplies by rsqrt(G + eps): in floats an estimate with a Newton step, in doubles 1 / sqrt. Under jit XLA joins operations.
TEST_CASE("optax: eager and jit, on processors with FMA and without") {
  const auto allow = [](const std::string& variant, bool, const json&) {
    return has(variant, "global_norm") ? bound{.update = 6, .accumulator = 16}
                                       : bound{.update = 6, .accumulator = has(variant, "jit") ? 2.0 : 0};
  };
  replay_all(
      "optax", 44, [](const json& one) { return from_optax(one, true); }, allow);
  replay_all(
      "optax_sse4_2", 16, [](const json& one) { return from_optax(one, false); }, allow);
}
