// Each option does something on tables of rows, with accumulators of either kind; together, in random combinations, they give the reference's bits.
#include <algorithm>
#include <limits>

#include "support/bits.hpp"
#include "support/random_options.hpp"
#include "support/row_tables.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr row_accumulators both_accumulators[] = {row_accumulators::elementwise, row_accumulators::rowwise};
constexpr auto decoupled = weight_decay_kind::decoupled;

struct choices {
  update_options rule{};
  row_options rows{};
  double rate = 1;
};

// An option: what it needs to mean anything, and the option itself.
struct option {
  const char* name;
  void (*needs)(choices&);
  void (*is_on)(choices&);
  bool elementwise = true, rowwise = true;
};
void nothing(choices&) {}
void coupled_decay(choices& c) { c.rule.weight_decay = 0.3; }

const option all_options[] = {
    {"learning_rate", nothing, [](choices& c) { c.rate = 1.1; }},
    {"epsilon", nothing, [](choices& c) { c.rule.epsilon = 0.5; }},
    {"epsilon inside", [](choices& c) { c.rule.epsilon = 0.5; }, [](choices& c) { c.rule.epsilon_placement = epsilon_place::inside_root; }},
    {"G before", nothing, [](choices& c) { c.rule.accumulator_used = accumulator_use::before; }},
    {"accumulator_decay", nothing, [](choices& c) { c.rule.accumulator_decay = 0.9; }},
    {"gradient_scale", nothing, [](choices& c) { c.rule.gradient_scale = 3; }},
    {"maximize", nothing, [](choices& c) { c.rule.maximize = true; }},
    {"clip_value", nothing, [](choices& c) { c.rule.clip_value = 0.5; }},
    {"weight_decay", nothing, coupled_decay},
    {"decoupled", coupled_decay, [](choices& c) { c.rule.decay_kind = decoupled; }},
    {"G in one rounding", nothing, [](choices& c) { c.rule.accumulate_rounding = multiply_add::one_rounding; }, true, false},
    {"decay in one rounding", coupled_decay, [](choices& c) { c.rule.decay_rounding = multiply_add::one_rounding; }},
    {"frozen", nothing, [](choices& c) { c.rule.freeze_accumulators = true; }},
    {"zero accumulators stay", nothing, [](choices& c) { c.rule.zero_accumulator_moves = false; }},
    {"proximal_l1", nothing, [](choices& c) { c.rule.proximal_l1 = 0.01; }},
    {"proximal_l2", nothing, [](choices& c) { c.rule.proximal_l2 = 0.01; }},
    {"non_negative", nothing, [](choices& c) { c.rule.constraint = non_negative(); }},
    {"box", nothing, [](choices& c) { c.rule.constraint = box(-1, 1); }},
    {"mean", nothing, [](choices& c) { c.rows.duplicates = duplicate_rule::mean; }},
    {"sequential", nothing, [](choices& c) { c.rows.duplicates = duplicate_rule::sequential; }},
    {"padding_index", nothing, [](choices& c) { c.rows.padding_index = 3; }},
    {"group_lasso", nothing, [](choices& c) { c.rows.group_lasso = 0.05; }, false, true},
};

// Two batches on a table of usual values; row 5 is 0, its accumulators too, and has one gradient, whose squares vanish.
template <class T>
std::vector<T> trained(const choices& c, std::size_t width, unsigned threads) {
  const std::size_t count = 12, rows = 6;
  const std::size_t accumulators_width = c.rows.accumulators == row_accumulators::rowwise ? 1 : width;
  random_bits random(width);
  std::vector<T> w(rows * width), G(rows * accumulators_width), g(count * width);
  for (T& x : w) x = usual_value<T>(random);
  for (T& x : G) x = std::abs(usual_value<T>(random));
  std::fill(w.begin() + static_cast<std::ptrdiff_t>(5 * width), w.end(), T(0));
  std::fill(G.begin() + static_cast<std::ptrdiff_t>(5 * accumulators_width), G.end(), T(0));
  for (int step = 0; step < 2; ++step) {
    for (T& x : g) x = usual_value<T>(random);
    std::vector<std::int32_t> ids{0, 1, 1, 3, 3, 0, 2, 4, 2, 1, 5, 4};
    std::fill_n(g.begin() + static_cast<std::ptrdiff_t>(10 * width), width, sizeof(T) == 4 ? T(0x1p-100) : T(0x1p-600));
    if (step == 1) ids[10] = 0;
    update_rows({w.data(), rows, width}, {G.data(), rows, accumulators_width}, row_gradients<T>{ids, {g.data(), count, width}}, c.rate,
                c.rule, c.rows, {.threads = threads, .serial_below = 0});
  }
  w.insert(w.end(), G.begin(), G.end());
  return w;
}

// The options beside the rule: element-wise or row-wise, what to do with duplicates, padding, lasso.
row_options random_rows(update_options& rule, std::size_t table_rows, random_bits& random) {
  row_options rows{.accumulators = both_accumulators[random() % 2], .duplicates = static_cast<duplicate_rule>(random() % 4)};
  if (rows.accumulators == row_accumulators::rowwise) {
    rule.accumulate_rounding = multiply_add::two_roundings;
    if (one_in(3, random)) {
      rows.group_lasso = one_in(2, random) ? 0.05 : 1e-4;
      rule.proximal_l1 = rule.proximal_l2 = 0;
    }
  }
  if (one_in(3, random)) rows.padding_index = static_cast<std::int64_t>(random() % table_rows);
  return rows;
}

}  // namespace

TEST_CASE_TEMPLATE("each option makes a difference on every instruction set, for accumulators of either kind", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const auto kind : both_accumulators)
      for (const std::size_t width : {1, 7, 64, 4100}) {
        if (thin && width > 64) continue;
        for (const option& each : all_options) {
          if (!(kind == row_accumulators::rowwise ? each.rowwise : each.elementwise)) continue;
          if (width == 1 && std::string(each.name).ends_with("in one rounding")) continue;  // so few elements may round alike
          INFO(std::string(each.name));
          CAPTURE(width);
          CAPTURE(int(kind));
          choices without;
          without.rows.accumulators = kind;
          each.needs(without);
          choices with = without;
          each.is_on(with);
          const unsigned threads = width == 64 ? 3 : 1;
          CHECK(trained<T>(with, width, threads) != trained<T>(without, width, threads));
        }
      }
  });
}

TEST_CASE_TEMPLATE("random options, tables and batches: the reference's bits", T, float, double) {
  const std::size_t widths[] = {1, 2, 5, 16, 31, 64, 128, 300, 4100};
  for (std::uint64_t seed = 1; seed <= (thin ? 40 : 400); ++seed) {
    CAPTURE(seed);
    random_bits random(seed);
    const std::size_t width = one_of(widths, random), count = random() % (width > 1000 ? 8 : 80);
    auto rule = random_rule(random, random() % 4 == 0 ? arithmetic::fast : arithmetic::exact);
    const std::size_t table_rows = 1 + count + random() % 9;
    const auto rows = random_rows(rule, table_rows, random);
    INFO(describe(rule));
    CAPTURE(int(rows.duplicates));
    CAPTURE(int(rows.accumulators));
    CAPTURE(width);
    const auto how = rows.duplicates == duplicate_rule::unique ? spread::distinct : all_spreads[random() % 4];
    const auto start = make_row_table<T>(table_rows, width, rows.accumulators, static_cast<row_layout>(random() % 3), random());
    std::vector<row_batch<T>> batches;
    for (int step = 0; step < 3; ++step)
      batches.push_back(make_row_batch<T>(make_indices(count, table_rows, how, random), width, random()));
    auto expected = start;
    for (const auto& b : batches) reference::update_rows(expected.table(), expected.accumulators(), b.get(), 0.1, rule, rows);
    for_each_isa([&](const std::string&) {
      auto ours = start;
      for (const auto& b : batches)
        update_rows(ours.table(), ours.accumulators(), b.get(), 0.1, rule, rows,
                    {.threads = 1 + static_cast<unsigned>(seed % 3), .serial_below = 0});
      CHECK(first_difference(ours.memory, expected.memory) == ours.memory.size());
    });
  }
}

TEST_CASE_TEMPLATE("the padding row never moves, and what its gradients hold is not looked at", T, float, double) {
  const T nan_value = std::numeric_limits<T>::quiet_NaN();
  for (const auto kind : both_accumulators)
    for (const auto duplicates : {duplicate_rule::sum, duplicate_rule::mean, duplicate_rule::sequential}) {
      const std::size_t G_width = kind == row_accumulators::rowwise ? 1 : 2;
      std::vector<T> w{1, 2, 3, 4}, G(2 * G_width, T(0.5)), g{nan_value, nan_value, 1, 1, nan_value, nan_value};
      const std::vector<std::int64_t> ids{1, 0, 1};
      for (const bool scalar : {false, true}) {
        const row_gradients<T> batch{ids, {g.data(), 3, 2}};
        const row_options rows{.accumulators = kind, .duplicates = duplicates, .padding_index = 1};
        const update_options rule{.weight_decay = 0.1, .decay_kind = decoupled, .constraint = box(-1, 1.5)};
        if (scalar) reference::update_rows({w.data(), 2, 2}, {G.data(), 2, G_width}, batch, 0.1, rule, rows);
        else update_rows({w.data(), 2, 2}, {G.data(), 2, G_width}, batch, 0.1, rule, rows);
        CHECK(w[0] < 1);
        CHECK(w[2] == 3);
        CHECK(w[3] == 4);
        CHECK(G[0] > T(0.5));
        CHECK(G[G_width] == T(0.5));
      }
    }
}

TEST_CASE_TEMPLATE("where zero accumulators stay, a row moves as a whole as soon as its mean does not vanish", T, float, double) {
  const T tiny = sizeof(T) == 4 ? T(0x1p-100) : T(0x1p-600);
  const std::vector<std::int32_t> ids{0, 1, 2};
  const std::vector<T> g{1, tiny, tiny, tiny, tiny, tiny};
  for (const bool scalar : {false, true}) {
    std::vector<T> w(6, T(0)), G{0, 0, 1};
    const rows_view<T> table{w.data(), 3, 2}, accumulators{G.data(), 3, 1};
    const row_gradients<T> batch{ids, {g.data(), 3, 2}};
    if (scalar) reference::update_rows(table, accumulators, batch, 0.1, {.zero_accumulator_moves = false}, {row_accumulators::rowwise});
    else update_rows(table, accumulators, batch, 0.1, {.zero_accumulator_moves = false}, {row_accumulators::rowwise});
    CHECK(w[0] < 0);
    CHECK(w[1] < 0);
    CHECK(w[2] == 0);
    CHECK(w[3] == 0);
    CHECK(w[4] < 0);  // its accumulator is above 0
  }
}

TEST_CASE_TEMPLATE("group lasso: the formula, rows that vanish, rows without a gradient so far", T, float, double) {
  for (const bool scalar : {false, true}) {
    std::vector<T> w{3, 4, T(0.001), T(0.001), 5, 6}, G{1, 1, 0};
    const auto before = w;
    const std::vector<T> g{T(0.5), T(0.25), 0, 0, 0, 0};
    const std::vector<std::int32_t> ids{0, 1, 2};
    const row_gradients<T> batch{ids, {g.data(), 3, 2}};
    const row_options rows{.accumulators = row_accumulators::rowwise, .group_lasso = 0.5};
    if (scalar) reference::update_rows({w.data(), 3, 2}, {G.data(), 3, 1}, batch, 0.1, {}, rows);
    else update_rows({w.data(), 3, 2}, {G.data(), 3, 1}, batch, 0.1, {}, rows);
    const T G0 = T(1) + T((0.5 * 0.5 + 0.25 * 0.25) / 2), H = std::sqrt(G0) + T(1e-8), lr = T(0.1);
    const T v0 = before[0] - (lr * g[0]) / H, v1 = before[1] - (lr * g[1]) / H;
    const T n = T(std::sqrt(double(v0) * double(v0) + double(v1) * double(v1))), factor = 1 - T(0.1 * 0.5) / (H * n);
    CHECK(w[0] == v0 * factor);
    CHECK(w[1] == v1 * factor);
    CHECK(w[2] == 0);  // its norm is below the threshold
    CHECK(w[3] == 0);
    CHECK(w[4] == 5);  // its accumulator is 0
    CHECK(w[5] == 6);
  }
}
