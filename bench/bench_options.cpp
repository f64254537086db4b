#include "bench_options.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "bench_traffic.hpp"
#include "comparison.hpp"
#include "parts.hpp"
#include "rows.hpp"
#include "shapes.hpp"
#include "start_values.hpp"
#include "tensors.hpp"

namespace adagrad::bench {
namespace {

struct variant {
  std::string name;
  optimizer_options options{};
};

optimizer_options of_rule(const update_options& rule) { return {.defaults = {.rule = rule}}; }

// What a mixed-precision trainer with non-negative weights asks for at once.
constexpr double combined_scale = 0.5, combined_clip = 1e-3, combined_decay = 1e-4;

std::vector<variant> variants(std::size_t count) {
  const std::size_t columns = 1000;
  const auto on_matrix = [&](const parameter_constraint& constraint) {
    return optimizer_options{.defaults = {.rule = {.constraint = constraint}, .shape = {count / columns, columns}}};
  };
  std::vector<variant> all{
      {"plain", {}},
      {"combined",
       {.defaults = {.rule = {.gradient_scale = combined_scale,
                              .clip_value = combined_clip,
                              .weight_decay = combined_decay,
                              .constraint = non_negative()},
                     .zero_gradients = true}}},
      {"scale", of_rule({.gradient_scale = 0.5})},
      {"maximize", of_rule({.maximize = true})},
      {"clip-value", of_rule({.clip_value = 1e-3})},
      {"clip-norm", {.defaults = {.clip_norm = 1e-3}}},
      {"global-clip-norm", {.global_clip_norm = 1e-3}},
      {"skip", {.non_finite = non_finite_policy::skip}},
      {"decay-coupled", of_rule({.weight_decay = 1e-4})},
      {"decay-decoupled", of_rule({.weight_decay = 1e-4, .decay_kind = weight_decay_kind::decoupled})},
      {"torch", presets::torch()},
      {"keras3", presets::keras3()},
      {"optax", presets::optax(0)},
      {"frozen", of_rule({.freeze_accumulators = true})},
      {"forgetting", of_rule({.accumulator_decay = 0.999})},
      {"l1", of_rule({.proximal_l1 = 1e-6})},
      {"l2", of_rule({.proximal_l2 = 1e-6})},
      {"elastic-net", of_rule({.proximal_l1 = 1e-6, .proximal_l2 = 1e-6})},
      {"dual-averaging", {.defaults = {.method = method::dual_averaging}}},
      {"non-negative", of_rule({.constraint = non_negative()})},
      {"box", of_rule({.constraint = box(0, 1)})},
      {"max-norm", on_matrix(max_norm(1))},
      {"unit-norm", on_matrix(unit_norm())},
      {"average", {.defaults = {.average = {.enabled = true}}}},
      {"zero-gradients", {.defaults = {.zero_gradients = true}}},
      {"accumulate-2-calls", {.accumulation = {.calls = 2}}},
  };
  for (variant& each : all) {
    each.options.learning_rate = learning_rate;
    each.options.defaults.initial_accumulator = start_accumulator;
  }
  return all;
}

void add_step(const variant& of, std::string_view isa, row_size size) {
  add_row<float>("options", of.name, isa, size, [=](benchmark::State& state) {
    const forced_instruction_set forced(isa);
    const auto tensors = fresh_tensors(flat(size.count), size.threads);
    optimizer_options options = of.options;
    options.how = row_threading(size.threads);
    optimizer one(options);
    one.add("w", tensors[0].parameters, tensors[0].gradients);
    measure<float>(state, size, [&] { return one.step().threads; });
  });
}

// The combined options without us: a sweep for each, and the plain step.
void add_separate(std::string_view isa, row_size size) {
  add_row<float>("options", "combined-in-sweeps", isa, size, [=](benchmark::State& state) {
    const forced_instruction_set forced(isa);
    const separate_table& loops = compared_with(isa).separate;
    const auto tensors = fresh_tensors(flat(size.count), size.threads);
    const auto accumulators = fresh_accumulators(flat(size.count), size.threads, pages::huge);
    float* const w = tensors[0].parameters.data();
    float* const g = const_cast<float*>(tensors[0].gradients.data());
    const auto sweep = [&](const auto& loop) { in_parts(size.count, size.threads, [&](std::size_t a, std::size_t b) { loop(a, b - a); }); };
    measure<float>(state, size, [&] {
      sweep([&](std::size_t a, std::size_t n) { loops.scale(g + a, n, combined_scale); });
      sweep([&](std::size_t a, std::size_t n) { loops.clip(g + a, n, static_cast<float>(combined_clip)); });
      sweep([&](std::size_t a, std::size_t n) { loops.decay(g + a, w + a, n, static_cast<float>(combined_decay)); });
      const unsigned threads =
          update(tensors[0].parameters, tensors[0].gradients, accumulators[0].values, learning_rate, {}, row_threading(size.threads))
              .threads;
      sweep([&](std::size_t a, std::size_t n) { loops.non_negative(w + a, n); });
      sweep([&](std::size_t a, std::size_t n) { loops.zero(g + a, n); });
      return threads;
    });
  });
}

}  // namespace

void register_option_rows(row_set rows) {
  if (rows == row_set::zeros) return;
  for (const std::size_t count : {std::size_t(10'000), std::size_t(10'000'000)})
    for (const unsigned threads : count < 100'000 ? std::vector<unsigned>{1} : team_sizes(blocks(count))) {
      const row_size size{count, threads};
      const std::string_view isa = instruction_set();
      if (rows == row_set::brief && threads > 1) continue;
      add_traffic<float>(isa, size);
      for (const variant& each : variants(count)) add_step(each, isa, size);
      if (count > 100'000) add_separate(isa, size);
    }
}

}  // namespace adagrad::bench
