// Random optimizers for step_model.hpp: options of every kind, groups, shapes, and gradients that come and go.
#pragma once

#include "support/model.hpp"
#include "support/step_model.hpp"

namespace adagrad::test {

inline tensor_shape random_shape(std::size_t count, random_bits& random) {
  for (const std::size_t columns : {random() % 70 + 1, std::size_t(7), std::size_t(2)})
    if (count % columns == 0) return {count / columns, columns};
  return {count};
}

// Those of random_options, and all that needs an optimizer.
inline parameter_options random_step_options(std::size_t count, const optimizer_options& of, random_bits& random) {
  parameter_options o = random_options(random);
  const auto one_in = [&](std::uint64_t n) { return random() % n == 0; };
  update_options& r = o.rule;
  if (one_in(4) && !(r.decay_kind == weight_decay_kind::decoupled && r.weight_decay > 0)) o.method = method::dual_averaging;
  if (one_in(3)) o.learning_rate_multiplier = one_in(4) ? 0 : 1.0 / 3;
  if (one_in(2) && std::isinf(of.global_clip_norm)) o.clip_norm = one_in(2) ? 3 : 100;
  if (one_in(2))
    o.average = {.enabled = true,
                 .momentum = one_in(4) ? 1 : 0.9,
                 .overwrite_every = random() % 4,
                 .position = one_in(2) ? average_position::before_constraint : average_position::after_constraint};
  o.zero_gradients = one_in(4);
  if (one_in(2)) o.shape = random_shape(count, random);
  if (!o.shape.empty() && one_in(2)) {
    const int axis = one_in(2) ? 0 : -1;
    const parameter_constraint norms[] = {max_norm(2, axis), unit_norm(axis), min_max_norm(0.5, 3, 0.3, axis)};
    r.constraint = norms[random() % std::size(norms)];
    if (one_in(2)) o.norm_fuzz = 0;
  }
  return o;
}

inline optimizer_options random_optimizer_options(random_bits& random) {
  const auto one_in = [&](std::uint64_t n) { return random() % n == 0; };
  optimizer_options o{.learning_rate = inverse_time{.learning_rate = 0.1, .decay = 0.37}};
  if (one_in(2)) o.non_finite = non_finite_policy::skip;
  else if (one_in(3)) o.non_finite = non_finite_policy::error;
  if (one_in(3)) o.global_clip_norm = one_in(2) ? 5 : 500;
  if (one_in(2)) o.clip_order = clip_order::value_then_norms;
  if (one_in(2)) o.clip_form = clip_form::guarded;
  if (one_in(2)) return o;
  o.accumulation = {.calls = 2 + random() % 3,
                    .combine = one_in(2) ? gradient_accumulation::reduction::sum : gradient_accumulation::reduction::mean,
                    .counts = one_in(2) ? gradient_accumulation::counting::calls : gradient_accumulation::counting::updates};
  return o;
}

template <class T>
plain_arrays<T> random_plain_arrays(std::size_t count, random_bits& random) {
  auto data = usual_arrays<T>(count, random());
  return {.parameters = std::move(data.parameters),
          .gradients = std::move(data.gradients),
          .accumulators = {},
          .gradient_sums = {},
          .averages = {},
          .pending = {}};
}

inline void add_random_parameter(plain_optimizer& plain, random_bits& random) {
  const std::size_t kind = random() % 8;
  const std::size_t count = kind == 0 ? random() % 2 : kind < 5 ? random() % 100 : kind < 7 ? random() % 5000 : 4000 + random() % 9000;
  plain_parameter p{.name = "parameter" + std::to_string(plain.parameters.size()), .group = {}, .data = {}, .options = {}};
  const char* const groups[] = {"", "own rate", "parent's rate"};
  p.group = groups[random() % 3];
  p.options = random_step_options(count, plain.options, random);
  p.has_gradients = random() % 8 != 0;
  if (random() % 2) p.data = random_plain_arrays<float>(count, random);
  else p.data = random_plain_arrays<double>(count, random);
  p.fill();
  plain.parameters.push_back(std::move(p));
}

inline plain_optimizer random_plain_optimizer(std::uint64_t seed) {
  random_bits random(seed);
  plain_optimizer plain;
  plain.options = random_optimizer_options(random);
  plain.rates.emplace("own rate", schedule([](std::uint64_t iterations) { return iterations % 2 == 0 ? 0.05 : 0.3; }));
  plain.parents = {{"own rate", ""}, {"parent's rate", "own rate"}};
  for (std::size_t i = 0, most = 1 + random() % 16; i < most; ++i) add_random_parameter(plain, random);
  return plain;
}

}  // namespace adagrad::test
