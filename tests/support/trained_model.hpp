// A small model with a bit of everything that an optimizer can remember, chosen by a seed; its gradients depend on the step alone.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "adagrad/optimizer.hpp"

namespace adagrad::test {

class trained_model {
 public:
  // Arrays begin with numbers of `memory_seed`: a model that is loaded begins with other ones.
  trained_model(std::uint64_t seed, std::uint64_t memory_seed) : choices_(seed) {
    optimizer_options options{.learning_rate = pick_schedule()};
    options.accumulation.calls = 1 + pick(3) / 2 * 2;  // 1 or 3
    const bool tables = options.accumulation.calls == 1;
    if (coin()) options.accumulation.counts = gradient_accumulation::counting::calls;
    const bool clips_all = coin();
    if (clips_all) options.global_clip_norm = 0.7;
    if (coin()) options.non_finite = non_finite_policy::skip;
    options.defaults.rule.epsilon = coin() ? 1e-8 : 1e-3;
    options.how = {.threads = 1 + static_cast<unsigned>(pick(2)), .serial_below = 0};
    optimizer_ = std::make_unique<adagrad::optimizer>(options);
    std::mt19937_64 memory(memory_seed);
    optimizer_->add_group(
        "slow", [](parameter_options& o) { o.rule.weight_decay = 0.01; }, coin() ? std::optional<schedule>(0.003) : std::nullopt);
    add_array<float>("plain", 37, memory, [&](parameter_options& o) {
      if (coin()) o.rule.clip_value = 0.6;
      if (!clips_all) o.clip_norm = 2;
    });
    add_array<double>("averaged/weights", 12, memory, [&](parameter_options& o) {
      o.average = {.enabled = true, .momentum = 0.9, .overwrite_every = coin() ? 0u : 5u};
      o.shape = {3, 4};
      if (coin()) o.rule.constraint = max_norm(0.5, {0});
    });
    if (coin())
      add_array<float>("dual \"averaging\"", 21, memory, [&](parameter_options& o) {
        o.method = method::dual_averaging;
        o.rule.proximal_l1 = 1e-3;
        o.initial_accumulator = 0.1;
      });
    if (tables) {
      const bool constant = std::holds_alternative<double>(options.learning_rate.rule());
      add_table<float>("words", memory, pick_rows(constant));
      if (coin()) add_table<double>("numbers", memory, pick_rows(constant));
    }
  }

  adagrad::optimizer& optimizer() { return *optimizer_; }

  void step() {
    const std::uint64_t now = calls_++;
    for (auto& a : floats_) a->give(*optimizer_, now);
    for (auto& a : doubles_) a->give(*optimizer_, now);
    optimizer_->step();
  }
  void set_calls(std::uint64_t calls) { calls_ = calls; }

  // All parameters and all that is kept for them.
  std::string bytes() {
    std::string all;
    for (auto& a : floats_) a->append(*optimizer_, all);
    for (auto& a : doubles_) a->append(*optimizer_, all);
    return all + std::to_string(optimizer_->iterations()) + "/" + std::to_string(optimizer_->pending_calls());
  }

 private:
  template <class T>
  struct kept {
    std::string name;
    std::vector<T> w, g;
    std::size_t rows = 0, width = 0;  // of a table
    std::vector<std::int64_t> indices{};
    bool counted = false, moves_each_step = true;

    void give(adagrad::optimizer& o, std::uint64_t now) {
      std::mt19937_64 r(now * 977 + name.size());
      for (T& x : g) x = static_cast<T>(static_cast<double>(r() % 2001) / 1000 - 1);
      if (rows == 0) {
        if (now % 4 == 3 && name == "plain") return o.detach_gradients(name);
        return o.set_gradients(name, std::span<const T>(g));
      }
      for (auto& i : indices) i = static_cast<std::int64_t>(r() % rows);
      o.set_row_gradients(name, row_gradients<T>{indices, {g.data(), indices.size(), width}});
    }
    void append(adagrad::optimizer& o, std::string& all) {
      const auto add = [&]<class E>(std::span<const E> x) { all.append(reinterpret_cast<const char*>(x.data()), x.size() * sizeof(E)); };
      add(std::span<const T>(w));
      for (const auto what : {state_array::accumulators, state_array::gradient_sums, state_array::averages, state_array::pending_gradients})
        if (o.has_state(name, what)) add(o.state_of<T>(name, what));
      if (counted) add(o.row_counts(name));
    }
  };

  std::uint64_t pick(std::uint64_t below) { return choices_() % below; }
  bool coin() { return pick(2) == 0; }

  schedule pick_schedule() {
    switch (pick(10)) {
      case 0:
      case 8: return 0.05;
      case 1: return inverse_time{.learning_rate = 0.1, .decay = 0.3};
      case 7: return inverse_time_decay{.initial_learning_rate = 0.1, .decay_steps = 2, .decay_rate = 0.5};
      case 2: return exponential_decay{.initial_learning_rate = 0.1, .decay_steps = 3, .decay_rate = 0.9, .staircase = true};
      case 3: return piecewise_constant_decay{.boundaries = {3, 9}, .values = {0.1, 0.03, 0.01}};
      case 4: return polynomial_decay{.initial_learning_rate = 0.1, .decay_steps = 12, .power = 2, .cycle = true};
      case 5: return cosine_decay{.initial_learning_rate = 0.01, .decay_steps = 20, .warmup_target = 0.1, .warmup_steps = 4};
      case 6: return linear_warmup{.after = cosine_decay_restarts{.initial_learning_rate = 0.1, .first_decay_steps = 5}, .warmup_steps = 6};
      default: return [](std::uint64_t i) { return 0.1 / static_cast<double>(1 + i % 7); };
    }
  }
  row_options pick_rows(bool constant_rate) {
    row_options rows{.accumulators = coin() ? row_accumulators::rowwise : row_accumulators::elementwise,
                     .duplicates = static_cast<duplicate_rule>(pick(3))};
    if (coin()) rows.padding_index = 2;
    switch (pick(3)) {
      case 0: rows.counter_halflife = 10; break;
      case 1: rows.lazy = static_cast<lazy_term>(constant_rate ? 4 + pick(2) : 1 + pick(3)); break;
      default: break;
    }
    if (rows.lazy == lazy_term::group_lasso) {
      rows.accumulators = row_accumulators::rowwise;
      rows.group_lasso = 0.02;
    }
    return rows;
  }

  template <class T, class Change>
  void add_array(const std::string& name, std::size_t count, std::mt19937_64& memory, const Change& change) {
    auto& a = *list<T>().emplace_back(std::make_unique<kept<T>>(kept<T>{name, numbers<T>(count, memory), std::vector<T>(count)}));
    optimizer_->add(name, a.w, std::span<const T>(a.g), in_group{coin() ? "slow" : "", change});
  }
  template <class T>
  void add_table(const std::string& name, std::mt19937_64& memory, const row_options& rows) {
    constexpr std::size_t count = 30, width = 5, gap = 2, batch = 17;
    auto& a = *list<T>().emplace_back(std::make_unique<kept<T>>(kept<T>{
        name, numbers<T>(count * (width + gap), memory), std::vector<T>(batch * width), count, width, std::vector<std::int64_t>(batch)}));
    a.counted = rows.counter_halflife > 0;
    optimizer_->add_table(name, rows_view<T>{a.w.data(), count, width, width + gap}, rows,
                          in_group{"", [&](parameter_options& o) {
                                     if (rows.counter_halflife > 0) o.rule.weight_decay = 0.1;
                                     if (rows.lazy == lazy_term::decoupled_decay)
                                       o.rule.weight_decay = 0.2, o.rule.decay_kind = weight_decay_kind::decoupled;
                                     if (rows.lazy == lazy_term::l1 || rows.lazy == lazy_term::elastic_net) o.rule.proximal_l1 = 0.01;
                                     if (rows.lazy == lazy_term::l2 || rows.lazy == lazy_term::elastic_net) o.rule.proximal_l2 = 0.05;
                                   }});
    // What lies between rows is the caller's, and no part of a checkpoint.
    for (std::size_t row = 0; row < count; ++row)
      for (std::size_t i = 0; i < gap; ++i) a.w[row * (width + gap) + width + i] = T(7);
  }
  template <class T>
  std::vector<T> numbers(std::size_t count, std::mt19937_64& memory) {
    std::vector<T> made(count);
    for (T& x : made) x = static_cast<T>(static_cast<double>(memory() % 2001) / 1000 - 1);
    return made;
  }
  template <class T>
  auto& list() {
    if constexpr (std::same_as<T, float>) return floats_;
    else return doubles_;
  }

  std::mt19937_64 choices_;
  std::vector<std::unique_ptr<kept<float>>> floats_;
  std::vector<std::unique_ptr<kept<double>>> doubles_;
  std::uint64_t calls_ = 0;
  std::unique_ptr<adagrad::optimizer> optimizer_;  // goes first
};

}  // namespace adagrad::test
