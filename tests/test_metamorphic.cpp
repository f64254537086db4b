// What must change a step and what must not: each option on every path; scaling, splitting, permuting and regrouping.
#include <algorithm>
#include <limits>

#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr auto decoupled = weight_decay_kind::decoupled;

// An option: what it needs to mean anything, and the option itself.
struct option {
  const char* name;
  void (*needs)(optimizer_options& o, parameter_options& p);
  void (*is_on)(optimizer_options& o, parameter_options& p);
};
void nothing(optimizer_options&, parameter_options&) {}
void coupled_decay(optimizer_options&, parameter_options& p) { p.rule.weight_decay = 0.01; }
void averaged(optimizer_options&, parameter_options& p) {
  p.average = {.enabled = true, .momentum = 0.5, .overwrite_every = 2};
  p.rule.constraint = box(-1, 0.5);
}
void both_clips(optimizer_options&, parameter_options& p) { p.rule.clip_value = 1, p.clip_norm = 5; }
void windows(optimizer_options& o, parameter_options&) {
  o.learning_rate = inverse_time{0.1, 0.5};
  o.accumulation.calls = 2;
}
void unit_norms(optimizer_options&, parameter_options& p) { p.rule.constraint = unit_norm(); }

const option all_options[] = {
    {"learning_rate", nothing, [](auto& o, auto&) { o.learning_rate = 0.11; }},
    {"decay of the rate", nothing,
     [](auto& o, auto&) {
       o.learning_rate = inverse_time{0.1, 0.1};
     }},
    {"multiplier", nothing, [](auto&, auto& p) { p.learning_rate_multiplier = 0.5; }},
    {"epsilon", nothing, [](auto&, auto& p) { p.rule.epsilon = 0.01; }},
    {"epsilon inside", [](auto&, auto& p) { p.rule.epsilon = 0.01; },
     [](auto&, auto& p) { p.rule.epsilon_placement = epsilon_place::inside_root; }},
    {"G before", nothing, [](auto&, auto& p) { p.rule.accumulator_used = accumulator_use::before; }},
    {"accumulator_decay", nothing, [](auto&, auto& p) { p.rule.accumulator_decay = 0.9; }},
    {"gradient_scale", nothing, [](auto&, auto& p) { p.rule.gradient_scale = 3; }},
    {"maximize", nothing, [](auto&, auto& p) { p.rule.maximize = true; }},
    {"clip_value", nothing, [](auto&, auto& p) { p.rule.clip_value = 0.5; }},
    {"weight_decay", nothing, coupled_decay},
    {"decoupled", coupled_decay, [](auto&, auto& p) { p.rule.decay_kind = decoupled; }},
    {"G in one rounding", nothing, [](auto&, auto& p) { p.rule.accumulate_rounding = multiply_add::one_rounding; }},
    {"decay in one rounding", coupled_decay, [](auto&, auto& p) { p.rule.decay_rounding = multiply_add::one_rounding; }},
    {"frozen", nothing, [](auto&, auto& p) { p.rule.freeze_accumulators = true; }},
    {"zero accumulators stay", nothing, [](auto&, auto& p) { p.rule.zero_accumulator_moves = false; }},
    {"proximal_l1", nothing, [](auto&, auto& p) { p.rule.proximal_l1 = 0.01; }},
    {"proximal_l2", nothing, [](auto&, auto& p) { p.rule.proximal_l2 = 0.01; }},
    {"dual averaging", nothing, [](auto&, auto& p) { p.method = method::dual_averaging; }},
    {"non_negative", nothing, [](auto&, auto& p) { p.rule.constraint = non_negative(); }},
    {"box", nothing, [](auto&, auto& p) { p.rule.constraint = box(-1, 1); }},
    {"max_norm", nothing, [](auto&, auto& p) { p.rule.constraint = max_norm(2); }},
    {"unit_norm", nothing, unit_norms},
    {"min_max_norm", nothing, [](auto&, auto& p) { p.rule.constraint = min_max_norm(1, 2, 0.5); }},
    {"axis", unit_norms, [](auto&, auto& p) { p.rule.constraint = unit_norm(1); }},
    {"norm_fuzz", unit_norms, [](auto&, auto& p) { p.norm_fuzz = 0.1; }},
    {"initial_accumulator", nothing, [](auto&, auto& p) { p.initial_accumulator = 0.1; }},
    {"clip_norm", nothing, [](auto&, auto& p) { p.clip_norm = 5; }},
    {"global_clip_norm", nothing, [](auto& o, auto&) { o.global_clip_norm = 5; }},
    {"clip_order", both_clips, [](auto& o, auto&) { o.clip_order = clip_order::value_then_norms; }},
    {"clip_form", [](auto&, auto& p) { p.clip_norm = 1e-3; }, [](auto& o, auto&) { o.clip_form = clip_form::guarded; }},
    {"non_finite", nothing, [](auto& o, auto&) { o.non_finite = non_finite_policy::skip; }},
    {"average, overwriting", nothing, [](auto&, auto& p) { p.average = {.enabled = true, .momentum = 0.5, .overwrite_every = 2}; }},
    {"momentum", averaged, [](auto&, auto& p) { p.average.momentum = 0.75; }},
    {"overwrite_every", averaged, [](auto&, auto& p) { p.average.overwrite_every = 3; }},
    {"position", averaged, [](auto&, auto& p) { p.average.position = average_position::before_constraint; }},
    {"windows",
     [](auto& o, auto&) {
       o.learning_rate = inverse_time{0.1, 0.5};
     },
     windows},
    {"sum", windows, [](auto& o, auto&) { o.accumulation.combine = gradient_accumulation::reduction::sum; }},
    {"counting calls", windows, [](auto& o, auto&) { o.accumulation.counts = gradient_accumulation::counting::calls; }},
    {"zero_gradients", nothing, [](auto&, auto& p) { p.zero_gradients = true; }},
};

constexpr std::size_t rows = 30, columns = 50;

// Parameters and gradients after four steps.
template <class T>
std::vector<T> trained(const optimizer_options& options, parameter_options own, bool with_a_nan) {
  auto data = usual_arrays<T>(rows * columns, 5);
  data.parameters[7] = 0;
  own.shape = {rows, columns};
  optimizer o(options);
  o.add("w", data.parameters, std::span<const T>(data.gradients), own);
  for (int step = 0; step < 4; ++step) {
    random_bits random(static_cast<std::uint64_t>(step));
    for (T& g : data.gradients) g = usual_value<T>(random);
    data.gradients[7] = sizeof(T) == 4 ? T(0x1p-100) : T(0x1p-600);  // its square vanishes
    if (with_a_nan && step == 3) data.gradients[8] = std::numeric_limits<T>::quiet_NaN();
    o.step();
  }
  data.parameters.insert(data.parameters.end(), data.gradients.begin(), data.gradients.end());
  return data.parameters;
}

}  // namespace

TEST_CASE_TEMPLATE("each option, on, differs from off: every instruction set, exact and fast, one thread and three", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const auto mode : {arithmetic::exact, arithmetic::fast})
      for (const option& each : all_options) {
        const std::string name = std::string(each.name) + (mode == arithmetic::fast ? ", fast" : ", exact");
        CAPTURE(name);
        std::vector<T> single;
        for (const unsigned threads : {1u, 3u}) {
          optimizer_options o{.learning_rate = 0.1, .how = {.threads = threads, .serial_below = 0}};
          parameter_options p{.rule = {.mode = mode}};
          each.needs(o, p);
          optimizer_options o_on = o;
          parameter_options p_on = p;
          each.is_on(o_on, p_on);
          const bool with_a_nan = o_on.non_finite == non_finite_policy::skip;
          const auto off = trained<T>(o, p, with_a_nan), on = trained<T>(o_on, p_on, with_a_nan);
          CHECK(first_difference(on, off) < on.size());
          if (threads == 1) single = on;
          CHECK(first_difference(on, single) == on.size());
        }
      }
  });
}

TEST_CASE_TEMPLATE("gradients times a power of two, all that is measured in gradients with them: the same parameters, bit by bit", T, float,
                   double) {
  for (const int k : {-7, -1, 1, 10}) {
    const double s = std::ldexp(1.0, k);
    for (const auto how : {method::mirror_descent, method::dual_averaging})
      for (const bool inside : {false, true})
        for (const bool global : {false, true}) {
          CAPTURE(k);
          const auto run = [&](double scale, bool by_option) {
            auto data = usual_arrays<T>(5000, 3);
            for (T& g : data.gradients) g = g * static_cast<T>(by_option ? 1 : scale);
            parameter_options p{
                .initial_accumulator = 0.25 * scale * scale, .method = how, .average = {.enabled = true, .overwrite_every = 2}};
            p.rule.epsilon = inside ? 0.01 * scale * scale : 0.01 * scale;
            if (inside) p.rule.epsilon_placement = epsilon_place::inside_root;
            p.rule.gradient_scale = by_option ? scale : 1;
            p.rule.clip_value = 8 * scale;
            p.rule.proximal_l1 = 0.01 * scale;
            p.rule.proximal_l2 = 0.02 * scale;
            if (!global) p.clip_norm = 100 * scale;
            optimizer o({.learning_rate = inverse_time{0.1, 0.5}, .accumulation = {.calls = 2}});
            if (global)
              o = optimizer({.learning_rate = inverse_time{0.1, 0.5}, .global_clip_norm = 100 * scale, .accumulation = {.calls = 2}});
            o.add("w", data.parameters, std::span<const T>(data.gradients), p);
            for (int call = 0; call < 6; ++call) o.step();
            auto result = data.parameters;
            for (const T G : o.accumulators<T>("w")) result.push_back(G / static_cast<T>(scale * scale));
            return result;
          };
          const auto one = run(1, false);
          CHECK(first_difference(run(s, false), one) == one.size());
          CHECK(first_difference(run(s, true), one) == one.size());
        }
  }
}

TEST_CASE_TEMPLATE("splitting, permuting and regrouping parameters changes nothing where no norm is taken", T, float, double) {
  constexpr std::size_t n = 20'000;
  parameter_options p{.initial_accumulator = 0.1, .method = method::mirror_descent, .learning_rate_multiplier = 0.7};
  p.rule = {.accumulator_decay = 0.99,
            .gradient_scale = 1.0 / 3,
            .clip_value = 2,
            .weight_decay = 0.01,
            .proximal_l1 = 1e-3,
            .constraint = box(-2, 2)};
  p.average = {.enabled = true, .overwrite_every = 2};
  for (const auto how : {method::mirror_descent, method::dual_averaging}) {
    p.method = how;
    const auto run = [&](std::vector<std::size_t> cuts, bool reversed, bool grouped, unsigned threads) {
      auto data = usual_arrays<T>(n, 29);
      optimizer o({.learning_rate = inverse_time{0.1, 0.5},
                   .defaults = p,
                   .non_finite = non_finite_policy::skip,
                   .accumulation = {.calls = 2},
                   .how = {.threads = threads, .serial_below = 0}});
      o.add_group("same");
      o.add_group("same rate", {}, inverse_time{0.1, 0.5}, "same");
      cuts.insert(cuts.begin(), 0);
      cuts.push_back(n);
      for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        const std::size_t piece = reversed ? cuts.size() - 2 - i : i, begin = cuts[piece], count = cuts[piece + 1] - begin;
        o.add(std::to_string(piece), std::span(data.parameters).subspan(begin, count),
              std::span<const T>(data.gradients).subspan(begin, count),
              in_group{!grouped     ? ""
                       : i % 2 == 0 ? "same"
                                    : "same rate"});
      }
      for (int call = 0; call < 6; ++call) o.step();
      for (std::size_t piece = 0; piece + 1 < cuts.size(); ++piece)
        for (const auto array : {state_array::accumulators, state_array::averages}) {
          const auto state = o.state_of<T>(std::to_string(piece), array);
          std::copy(state.begin(), state.end(),
                    (array == state_array::averages ? data.accumulators : data.gradients).begin() + std::ptrdiff_t(cuts[piece]));
        }
      for (const auto* array : {&data.gradients, &data.accumulators})
        data.parameters.insert(data.parameters.end(), array->begin(), array->end());
      return data.parameters;
    };
    const auto whole = run({}, false, false, 1);
    for (const unsigned threads : {1u, 3u})
      for (const bool reversed : {false, true})
        for (const bool grouped : {false, true})
          for (const auto& cuts : {std::vector<std::size_t>{}, {1}, {4096, 8192}, {1, 2, 3, 1000, 1024, 5000, 19'999}})
            CHECK(first_difference(run(cuts, reversed, grouped, threads), whole) == 3 * n);
  }
}

TEST_CASE(
    "a global norm adds parameters in the order of addition and tiles of 4,096 within them: what changes its bits and what does not") {
  constexpr std::size_t tile = 4096, n = 3 * tile + 100;
  int permuted = 0, split = 0, split_within = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    random_bits random(seed);
    std::vector<double> w(n), g(n);
    for (double& x : g) x = usual_value<double>(random);
    // The norm with the pieces [begin, end) added in their order.
    const auto norm = [&](std::initializer_list<std::pair<std::size_t, std::size_t>> pieces, unsigned threads = 1) {
      optimizer o({.global_clip_norm = 1, .how = {.threads = threads, .serial_below = 0}});
      for (const auto& [begin, end] : pieces)
        o.add(std::to_string(begin), std::span(w).subspan(begin, end - begin), std::span<const double>(g).subspan(begin, end - begin));
      return o.step().global_norm;
    };
    const double whole = norm({{0, n}});
    // Cut into tiles, or a beginning of whole tiles and then tiles one by one: the same sums in the same order.
    CHECK(norm({{0, tile}, {tile, 2 * tile}, {2 * tile, 3 * tile}, {3 * tile, n}}) == whole);
    CHECK(norm({{0, 2 * tile}, {2 * tile, 3 * tile}, {3 * tile, n}}, 3) == whole);
    CHECK(norm({{0, 3 * tile}, {3 * tile, n}}) == whole);
    // Tiles that come later together are added to each other first; other cuts change who is added to whom within a tile.
    split += norm({{0, tile}, {tile, n}}) != whole;
    split_within += norm({{0, 100}, {100, n}}) != whole;
    permuted += norm({{2 * tile, 3 * tile}, {3 * tile, n}, {0, tile}, {tile, 2 * tile}}) != whole;
    CHECK(std::abs(norm({{100, n}, {0, 100}}) / whole - 1) < 1e-14);  // 12,388 terms, each rounded to 2^-53
  }
  CHECK(permuted > 0);
  CHECK(split > 0);
  CHECK(split_within > 0);
}
