// The models of tests/golden/checkpoints: for each file one, trained for a few calls. A file that was written once stays as it is, and so does its model;
// a new kind of state gets a new model at the end of the list.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adagrad/adagrad.hpp"

namespace adagrad::test {

class golden_model {
 public:
  explicit golden_model(optimizer_options options) : optimizer_(std::move(options)) {}
  adagrad::optimizer& optimizer() { return optimizer_; }

  template <class T>
  void array(const std::string& name, std::size_t count, const std::function<void(parameter_options&)>& change = {},
             const std::string& group = "") {
    auto& [w, g] = list<T>().emplace_back(numbers<T>(count, 3), numbers<T>(count, 7));
    optimizer_.add(name, std::span<T>(w), std::span<const T>(g), in_group{group, change});
  }
  template <class T>
  void table(const std::string& name, const row_options& rows, const std::function<void(parameter_options&)>& change = {}) {
    auto& [w, g] = list<T>().emplace_back(numbers<T>(15, 3), numbers<T>(4, 7));
    optimizer_.add_table(name, rows_view<T>{w.data(), 5, 2, 3}, rows, in_group{"", change});
    optimizer_.set_row_gradients(name, row_gradients<T>{indices_, {g.data(), 2, 2}});
  }
  void another_row() { ++indices_[0]; }

 private:
  template <class T>
  static std::vector<T> numbers(std::size_t count, unsigned factor) {
    std::vector<T> made(count);
    for (std::size_t i = 0; i < count; ++i) made[i] = static_cast<T>((i + 1) * factor % 11) / T(8) - T(0.5);
    return made;
  }
  template <class T>
  using pairs = std::vector<std::pair<std::vector<T>, std::vector<T>>>;
  template <class T>
  pairs<T>& list() {
    if constexpr (std::same_as<T, float>) return floats_;
    else return doubles_;
  }

  pairs<float> floats_;
  pairs<double> doubles_;
  std::vector<std::int64_t> indices_{0, 3};
  adagrad::optimizer optimizer_;
};

struct golden_file {
  std::string name;
  int calls;
  std::function<std::unique_ptr<golden_model>()> make;
};

inline std::vector<golden_file> golden_files() {
  std::vector<golden_file> all;
  const auto add = [&](std::string name, int calls, optimizer_options options, std::function<void(golden_model&)> fill) {
    all.push_back({std::move(name), calls, [=] {
                     auto model = std::make_unique<golden_model>(options);
                     fill(*model);
                     return model;
                   }});
  };
  add("format1_dense", 3, {}, [](golden_model& m) { m.array<float>("f32", 5), m.array<double>("f64", 3); });
  add("format1_rows", 3, {}, [](golden_model& m) {
    m.table<float>("elementwise", {.duplicates = duplicate_rule::mean, .padding_index = 4});
    m.table<double>("rowwise", {.accumulators = row_accumulators::rowwise});
    m.table<float>("counted", {.counter_halflife = 10}, [](parameter_options& o) { o.rule.weight_decay = 0.1; });
  });
  add("format1_lazy", 3, {}, [](golden_model& m) {
    const auto row = row_accumulators::rowwise;
    m.table<float>("decay", {.lazy = lazy_term::decoupled_decay}, [](parameter_options& o) {
      o.rule.weight_decay = 0.25;
      o.rule.decay_kind = weight_decay_kind::decoupled;
    });
    m.table<double>("l1", {.accumulators = row, .lazy = lazy_term::l1}, [](parameter_options& o) { o.rule.proximal_l1 = 0.25; });
    m.table<float>("lasso", {.accumulators = row, .group_lasso = 0.5, .lazy = lazy_term::group_lasso});
    m.table<float>("l2", {.lazy = lazy_term::l2}, [](parameter_options& o) { o.rule.proximal_l2 = 0.25; });
    m.table<double>("net", {.lazy = lazy_term::elastic_net},
                    [](parameter_options& o) { o.rule.proximal_l1 = 0.25, o.rule.proximal_l2 = 0.5; });
  });
  add("format1_options", 4, {.global_clip_norm = 2, .clip_form = clip_form::guarded}, [](golden_model& m) {
    m.array<float>("dual", 4, [](parameter_options& o) { o.method = method::dual_averaging, o.initial_accumulator = 0.125; });
    m.array<double>("averaged", 6, [](parameter_options& o) {
      o.average = {.enabled = true, .momentum = 0.75, .overwrite_every = 3, .position = average_position::before_constraint};
      o.shape = {2, 3};
      o.rule.constraint = min_max_norm(0.25, 2, 0.5, {1});
    });
    m.array<float>("clipped", 3, [](parameter_options& o) { o.rule.clip_value = 0.5, o.rule.proximal_l1 = 0x1p-7; });
  });
  add("format1_pending", 5, {.accumulation = {.calls = 3, .combine = gradient_accumulation::reduction::sum}},
      [](golden_model& m) { m.array<float>("f32", 5), m.array<double>("f64", 3); });
  add("format1_groups", 3, {.learning_rate = inverse_time{.learning_rate = 0.5, .decay = 0.25}}, [](golden_model& m) {
    m.optimizer().add_group(
        "slow", [](parameter_options& o) { o.rule.weight_decay = 0.125; }, schedule(0.0625));
    m.optimizer().add_group(
        "slower", [](parameter_options& o) { o.learning_rate_multiplier = 0.5; }, {}, "slow");
    m.array<float>("all", 2), m.array<float>("slow", 2, {}, "slow"), m.array<double>("slower", 2, {}, "slower");
  });
  const std::pair<const char*, schedule> schedules[] = {
      {"inverse_time_decay", inverse_time_decay{.initial_learning_rate = 0.5, .decay_steps = 4, .decay_rate = 0.5, .staircase = true}},
      {"exponential_decay", exponential_decay{.initial_learning_rate = 0.5, .decay_steps = 4, .decay_rate = 0.75}},
      {"piecewise_constant_decay", piecewise_constant_decay{.boundaries = {1, 7}, .values = {0.5, 0.25, 0.125}}},
      {"polynomial_decay", polynomial_decay{.initial_learning_rate = 0.5, .decay_steps = 8, .cycle = true}},
      {"cosine_decay", cosine_decay{.initial_learning_rate = 0.125, .decay_steps = 8, .warmup_target = 0.5, .warmup_steps = 2}},
      {"cosine_decay_restarts", cosine_decay_restarts{.initial_learning_rate = 0.5, .first_decay_steps = 4}},
      {"linear_warmup", linear_warmup{.after = linear_warmup{.after = 0.5, .warmup_steps = 4}, .warmup_steps = 2}},
      {"custom", [](std::uint64_t i) { return 0.5 / static_cast<double>(i + 1); }},
  };
  for (const auto& [name, rate] : schedules)
    add(std::string("format1_") + name, 2, {.learning_rate = rate}, [](golden_model& m) { m.array<float>("w", 2); });
  add("format1_names", 1, {}, [](golden_model& m) {
    for (const char* const name :
         {"accumulator", "a/b/accumulator", "state/w/row_payment", "\"quoted\" \\ {it}", "\xc3\xa9t\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8c\x9e"})
      m.array<float>(name, 1);
    m.array<double>("none", 0);
  });
  return all;
}

inline void train(golden_model& model, int calls) {
  for (int i = 0; i < calls; ++i) {
    model.optimizer().step();
    if (i == 0) model.another_row();
  }
}

}  // namespace adagrad::test
