// Small models for the fuzzer of whole checkpoints. Between them they have all that a file can hold.
#pragma once

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "adagrad/checkpoint.hpp"

namespace adagrad::fuzz {

enum class kind : unsigned char { arrays, plain_arrays, tables, tables_at_one_rate };
inline constexpr unsigned kinds = 4;

inline double rate_of_ones_own(std::uint64_t iterations) { return 0.1 / static_cast<double>(1 + iterations % 7); }

class model {
 public:
  explicit model(kind what, bool custom_rate = false) : optimizer_(options_of(what, custom_rate)) {
    optimizer_.add_group(
        "own", [](parameter_options&) {}, schedule(0.25));
    optimizer_.add_group("inherited", [](parameter_options&) {});
    switch (what) {
      case kind::arrays: arrays(true); break;
      case kind::plain_arrays: arrays(false); break;
      case kind::tables: tables(); break;
      case kind::tables_at_one_rate: tables_at_one_rate(); break;
    }
  }

  adagrad::optimizer& optimizer() { return optimizer_; }
  void steps(int count) {
    for (; count > 0; --count) optimizer_.step();
  }
  std::string saved() {
    std::ostringstream out;
    save(optimizer_, out);
    return out.str();
  }
  load_report load(const std::string& file, const load_options& how = {}) {
    std::istringstream in(file);
    return adagrad::load(optimizer_, in, how);
  }

 private:
  static optimizer_options options_of(kind what, bool custom_rate) {
    optimizer_options all{.how = {.threads = 1}};
    if (what == kind::arrays) {
      all.learning_rate =
          linear_warmup{.after = cosine_decay_restarts{.initial_learning_rate = 0.1, .first_decay_steps = 5}, .warmup_steps = 6};
      all.global_clip_norm = 3;
      all.accumulation = {.calls = 3};
    }
    if (what == kind::plain_arrays) all.learning_rate = polynomial_decay{.initial_learning_rate = 0.1, .decay_steps = 12};
    if (what == kind::tables) all.learning_rate = piecewise_constant_decay{.boundaries = {2, 9}, .values = {0.5, 0.25, 0.125}};
    if (custom_rate && what != kind::tables_at_one_rate) all.learning_rate = rate_of_ones_own;
    return all;
  }

  void arrays(bool with_everything) {
    const auto change = [&](auto edit) {
      return [=](parameter_options& o) {
        if (with_everything) edit(o);
      };
    };
    optimizer_.add("w", w_, std::span<const float>(g_));
    optimizer_.add("m", m_, std::span<const double>(h_), in_group{"own", change([](parameter_options& o) {
                                                                    o.average = {.enabled = true, .momentum = 0.5};
                                                                    o.shape = {2, 2};
                                                                    o.rule.constraint = max_norm(2, {0});
                                                                  })});
    optimizer_.add("d", d_, std::span<const float>(g_), in_group{"inherited", change([](parameter_options& o) {
                                                                   o.method = method::dual_averaging;
                                                                   o.initial_accumulator = 0.125;
                                                                 })});
  }
  void tables() {
    add_table(optimizer_, "l1", t_, {.accumulators = row_accumulators::rowwise, .lazy = lazy_term::l1}, "",
              [](parameter_options& o) { o.rule.proximal_l1 = 0.125; });
    add_table(optimizer_, "counts", c_, {.padding_index = 1, .counter_halflife = 4}, "inherited",
              [](parameter_options& o) { o.rule.weight_decay = 0.5; });
    add_table(optimizer_, "decay", v_, {.lazy = lazy_term::decoupled_decay}, "own", [](parameter_options& o) {
      o.rule.weight_decay = 0.25;
      o.rule.decay_kind = weight_decay_kind::decoupled;
    });
  }
  void tables_at_one_rate() {
    add_table(optimizer_, "l2", t_, {.lazy = lazy_term::l2}, "", [](parameter_options& o) { o.rule.proximal_l2 = 0.25; });
    add_table(optimizer_, "net", c_, {.lazy = lazy_term::elastic_net}, "own",
              [](parameter_options& o) { o.rule.proximal_l1 = 0.125, o.rule.proximal_l2 = 0.25; });
    optimizer_.add("w", w_, std::span<const float>(g_));
  }

  // Three rows of two, a gap behind each.
  template <class T>
  void add_table(adagrad::optimizer& o, const char* name, std::vector<T>& table, const row_options& rows, const char* group,
                 std::function<void(parameter_options&)> change) {
    table.assign(9, T(0.75));
    o.add_table(name, rows_view<T>{table.data(), 3, 2, 3}, rows, in_group{group, std::move(change)});
    if constexpr (std::same_as<T, float>) o.set_row_gradients(name, row_gradients<T>{indices_, {g_.data(), 1, 2}});
    else o.set_row_gradients(name, row_gradients<T>{indices_, {h_.data(), 1, 2}});
  }

  std::vector<float> w_{1, -2, 3}, d_{1, 1, 1}, g_{0.5, -1, 2}, t_, v_;
  std::vector<double> m_{1, 2, -3, 4}, h_{0.25, -0.5, 1, 2}, c_;
  std::vector<std::int64_t> indices_{2};
  adagrad::optimizer optimizer_;
};

}  // namespace adagrad::fuzz
