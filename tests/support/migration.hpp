// The options of other systems, by their own names, as ours: docs/migration.md in code.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "adagrad/adagrad.hpp"

namespace adagrad::test {

using nlohmann::json;

struct migrated {
  optimizer_options optimizer;
  std::vector<parameter_options> tensors;
  std::vector<schedule> rates;  // of the tensors' groups, where each is one of its own; else empty
};

inline double number(const json& options, const char* name, double otherwise) {
  const auto found = options.find(name);
  return found == options.end() || found->is_null() ? otherwise : found->get<double>();
}
inline bool flag(const json& options, const char* name, bool otherwise = false) { return options.value(name, otherwise); }

inline tensor_shape shape_of(const json& tensor) {
  const auto sizes = tensor.at("shape").get<std::vector<std::size_t>>();
  return tensor_shape(std::span<const std::size_t>(sizes));
}

inline norm_axes axes_of(const json& tensor) {
  const auto axes = tensor.at("axis").get<std::vector<int>>();
  return norm_axes(std::span<const int>(axes));
}

inline parameter_constraint constraint_of(const json& tensor) {
  const std::string kind = tensor.value("constraint", "");
  if (kind == "nonneg") return non_negative();
  if (kind == "NonNeg") return box(0, std::numeric_limits<double>::infinity());  // Keras 3's gives +0, Keras 1's -0
  if (kind == "maxnorm") return max_norm(tensor.at("m").get<double>(), axes_of(tensor));
  if (kind == "MaxNorm") return max_norm(tensor.at("max_value").get<double>(), axes_of(tensor));
  if (kind == "unitnorm" || kind == "UnitNorm") return unit_norm(axes_of(tensor));
  if (kind == "MinMaxNorm")
    return min_max_norm(tensor.at("min_value").get<double>(), tensor.at("max_value").get<double>(), tensor.at("rate").get<double>(),
                        axes_of(tensor));
  if (!kind.empty()) throw std::runtime_error("unknown constraint " + kind);
  return {};
}

// torch.optim.Adagrad, clip_grad_norm_ and clip_grad_value_. `fma_rate`: the fused implementation's rate for doubles on processors with FMA.
inline migrated from_torch(const json& one, bool has_fma) {
  const json& o = one.at("options");
  migrated m{presets::torch(), {}, {}};
  m.optimizer.global_clip_norm = number(o, "max_norm", m.optimizer.global_clip_norm);
  for (const json& tensor : one.at("tensors")) {
    json own = o;
    own.update(tensor.at("options"));
    parameter_options p = m.optimizer.defaults;
    p.initial_accumulator = number(o, "initial_accumulator_value", 0);
    p.rule.epsilon = number(own, "eps", 1e-10);
    p.rule.maximize = flag(own, "maximize");
    p.rule.weight_decay = number(own, "weight_decay", 0);
    p.rule.clip_value = number(o, "clip_value", p.rule.clip_value);
    if (!has_fma) p.rule.accumulate_rounding = p.rule.decay_rounding = multiply_add::two_roundings;
    m.tensors.push_back(p);
    const double lr = number(own, "lr", 0.01), lr_decay = number(own, "lr_decay", 0);
    if (has_fma && flag(o, "fused") && one.at("dtype") == "f64")
      m.rates.push_back([=](std::uint64_t it) { return lr / std::fma(static_cast<double>(it), lr_decay, 1.0); });
    else m.rates.push_back(inverse_time{lr, lr_decay, inverse_time_form::quotient});
  }
  return m;
}

inline migrated from_keras1(const json& one) {
  const json& o = one.at("options");
  migrated m{presets::keras1(number(o, "lr", 0.01), number(o, "decay", 0)), {}, {}};
  m.optimizer.global_clip_norm = number(o, "clipnorm", m.optimizer.global_clip_norm);
  for (const json& tensor : one.at("tensors")) {
    parameter_options p = m.optimizer.defaults;
    p.rule.epsilon = number(o, "epsilon", 1e-8);
    p.rule.clip_value = number(o, "clipvalue", p.rule.clip_value);
    p.rule.constraint = constraint_of(tensor.at("options"));
    p.shape = shape_of(tensor);
    m.tensors.push_back(p);
  }
  return m;
}

// `decay_in_float`: weight_decay is rounded to float first (Keras' TensorFlow backend).
inline migrated from_keras3(const json& one, bool decay_in_float) {
  const json& o = one.at("options");
  migrated m{presets::keras3(number(o, "learning_rate", 0.001)), {}, {}};
  m.optimizer.global_clip_norm = number(o, "global_clipnorm", m.optimizer.global_clip_norm);
  m.optimizer.accumulation.calls = static_cast<std::uint64_t>(number(o, "gradient_accumulation_steps", 1));
  for (const json& tensor : one.at("tensors")) {
    const json& own = tensor.at("options");
    parameter_options p = m.optimizer.defaults;
    p.rule.epsilon = number(o, "epsilon", 1e-7);
    p.initial_accumulator = number(o, "initial_accumulator_value", 0.1);
    p.clip_norm = number(o, "clipnorm", p.clip_norm);
    p.rule.clip_value = number(o, "clipvalue", p.rule.clip_value);
    const double decay = flag(own, "exclude_from_weight_decay") ? 0 : number(o, "weight_decay", 0);
    p.rule.weight_decay = decay_in_float ? static_cast<double>(static_cast<float>(decay)) : decay;
    p.average.enabled = flag(o, "use_ema");
    p.average.momentum = number(o, "ema_momentum", 0.99);
    p.average.overwrite_every = static_cast<std::uint64_t>(number(o, "ema_overwrite_frequency", 0));
    p.rule.constraint = constraint_of(own);
    p.shape = shape_of(tensor);
    m.tensors.push_back(p);
  }
  return m;
}

// The raw operations: the variant is the operation's name.
inline migrated from_tensorflow(const json& one) {
  const json& o = one.at("options");
  const std::string operation = one.at("variant").get<std::string>();
  const double initial = number(o, "initial_accumulator_value", 0.1);
  migrated m{presets::tf1(number(o, "lr", 0), initial > 0 ? initial : 0.1), {}, {}};
  parameter_options p = m.optimizer.defaults;
  p.initial_accumulator = initial;
  p.rule.epsilon = number(o, "epsilon", 0);
  p.rule.freeze_accumulators = !flag(o, "update_slots", true);
  p.rule.proximal_l1 = number(o, "l1", 0);
  p.rule.proximal_l2 = number(o, "l2", 0);
  if (operation == "ApplyAdagradDA") p.method = method::dual_averaging;
  m.tensors.assign(one.at("tensors").size(), p);
  return m;
}

// optax.chain(clip_by_global_norm, clip, add_decayed_weights, adagrad). `fused`: under jit on a processor with FMA.
inline migrated from_optax(const json& one, bool has_fma) {
  const json& o = one.at("options");
  migrated m{presets::optax(number(o, "learning_rate", 0)), {}, {}};
  m.optimizer.global_clip_norm = number(o, "clip_by_global_norm", m.optimizer.global_clip_norm);
  parameter_options p = m.optimizer.defaults;
  p.rule.epsilon = number(o, "eps", 1e-7);
  p.initial_accumulator = number(o, "initial_accumulator_value", 0.1);
  p.rule.clip_value = number(o, "clip", p.rule.clip_value);
  p.rule.weight_decay = number(o, "add_decayed_weights", 0);
  if (has_fma && flag(o, "jit")) p.rule.accumulate_rounding = p.rule.decay_rounding = multiply_add::one_rounding;
  m.tensors.assign(one.at("tensors").size(), p);
  return m;
}

}  // namespace adagrad::test
