// Norms of the gradients of tables, beside those of arrays: combined as duplicates are, in a fixed order; and gradients that are not finite.
#include <map>
#include <utility>

#include "support/norms_by_hand.hpp"
#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"
#include "support/tables.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t table_rows = 60, width = 9;
constexpr duplicate_rule all_duplicates[] = {duplicate_rule::sum, duplicate_rule::mean, duplicate_rule::sequential, duplicate_rule::unique};

// Gradients as the rule combines them: by row, or as the indices are given. Padding left out.
template <class T>
struct combined {
  std::vector<std::int64_t> indices{};
  std::vector<std::vector<T>> values{};

  // In the order of rows or of indices, whichever it is.
  double sum() const {
    double total = 0;
    for (const auto& v : values) total = total + sum_by_hand(v);
    return total;
  }
  void step(owned_table<T>& t, double rate, const row_options& rows) const {
    std::vector<T> flat;
    for (const auto& v : values) flat.insert(flat.end(), v.begin(), v.end());
    reference::update_rows(t.table(), t.accumulators(), {indices, {flat.data(), indices.size(), width}}, rate, {}, rows);
  }
};

template <class T>
combined<T> combine(const table_batch<T>& batch, const row_options& rows) {
  const auto& indices = batch.rows.indices;
  std::vector<T> flat(indices.size() * width);
  if (!batch.offsets.empty()) reference::expand({flat.data(), indices.size(), width}, batch.bags());
  else
    for (std::size_t i = 0; i < indices.size(); ++i) std::copy_n(batch.rows.value(i), width, flat.data() + i * width);
  const bool combines = rows.duplicates == duplicate_rule::sum || rows.duplicates == duplicate_rule::mean;
  std::map<std::pair<std::int64_t, std::size_t>, std::vector<std::size_t>> positions;  // of one combined gradient
  for (std::size_t i = 0; i < indices.size(); ++i)
    if (indices[i] != rows.padding_index)
      positions[combines ? std::pair(indices[i], std::size_t(0)) : std::pair(std::int64_t(0), i)].push_back(i);
  combined<T> c;
  for (const auto& [key, at] : positions) {
    std::vector<T> g(flat.begin() + static_cast<std::ptrdiff_t>(at[0] * width),
                     flat.begin() + static_cast<std::ptrdiff_t>((at[0] + 1) * width));
    for (std::size_t k = 1; k < at.size(); ++k)
      for (std::size_t j = 0; j < width; ++j) g[j] = g[j] + flat[at[k] * width + j];
    if (rows.duplicates == duplicate_rule::mean && at.size() > 1)
      for (T& x : g) x = x / static_cast<T>(at.size());
    c.indices.push_back(indices[at[0]]);
    c.values.push_back(g);
  }
  return c;
}

template <class T>
void for_each_value(combined<T>& c, const auto& change) {
  for (auto& v : c.values)
    for (T& x : v) x = change(x);
}

template <class T>
T clipped(T x, T c) {
  return x < -c ? -c : x > c ? c : x;
}

template <class T>
table_batch<T> batch_for(const row_options& rows, bool in_bags, std::uint64_t seed) {
  auto b = make_table_batch<T>(rows.duplicates == duplicate_rule::unique ? 35 : 90, table_rows, width,
                               rows.duplicates == duplicate_rule::unique, in_bags, seed);
  random_bits random(seed);
  for (T& x : b.rows.memory) x = usual_value<T>(random);
  for (T& x : b.of_bags) x = usual_value<T>(random);
  return b;
}

}  // namespace

TEST_CASE_TEMPLATE(
    "norms of a table's gradients, its own and the global one with arrays beside it, by hand in a fixed order; both orders of clipping", T,
    float, double) {
  std::uint64_t seed = 1;
  for (const auto duplicates : all_duplicates)
    for (const auto kind : {row_accumulators::elementwise, row_accumulators::rowwise})
      for (const bool global : {false, true})
        for (const auto order : {clip_order::norms_then_value, clip_order::value_then_norms}) {
          CAPTURE(int(duplicates));
          CAPTURE(int(kind));
          CAPTURE(global);
          CAPTURE(int(order));
          const row_options rows{.accumulators = kind, .duplicates = duplicates, .padding_index = 7};
          ++seed;
          const auto batch = batch_for<T>(rows, seed % 2, seed);
          const auto start = make_usual_table<T>(table_rows, width, kind, seed);
          const auto dense = usual_arrays<double>(5000, seed);
          const bool value_first = order == clip_order::value_then_norms;
          const T scale = T(0.3), largest = T(0.7);
          auto c = combine(batch, rows);
          for_each_value(c, [&](T x) { return x * scale; });
          if (value_first) for_each_value(c, [&](T x) { return clipped(x, largest); });
          const double total = global ? sum_by_hand(dense.gradients) + c.sum() : c.sum(), limit = std::sqrt(total) / 3;
          const T factor = static_cast<T>(limit / std::sqrt(total));
          for_each_value(c, [&](T x) { return x * factor; });
          if (!value_first) for_each_value(c, [&](T x) { return clipped(x, largest); });
          auto expected = start;
          c.step(expected, 0.1, rows);
          for_each_isa([&](const std::string&) {
            for (const unsigned threads : {1u, 2u, 3u, 8u}) {
              auto ours = start;
              auto array = dense;
              optimizer o({.learning_rate = 0.1,
                           .global_clip_norm = global ? limit : infinity,
                           .clip_order = order,
                           .how = {.threads = threads, .serial_below = 0}});
              if (global) o.add("array", array.parameters, std::span<const double>(array.gradients));
              o.add_table("t", ours.table(), rows,
                          {.rule = {.gradient_scale = static_cast<double>(scale), .clip_value = static_cast<double>(largest)},
                           .clip_norm = global ? infinity : limit});
              batch.set(o, "t");
              CHECK(o.step().global_norm == (global ? std::sqrt(total) : 0));
              CHECK(same_arrays(ours.rows.memory, expected.rows.memory));
              CHECK(same_arrays(o.template accumulators<T>("t"), expected.G));
            }
          });
        }
}

TEST_CASE(
    "a clip_norm is of one table: others, and steps without it, are as if there were none; a detached table has no part in the global "
    "norm") {
  const row_options rows;
  const auto batch = batch_for<float>(rows, false, 5);
  auto a = make_usual_table<float>(table_rows, width, rows.accumulators, 1), b = a, expected = a;
  optimizer o({.learning_rate = 0.1});
  o.add_table("a", a.table(), rows, {.clip_norm = 1e-3});
  o.add_table("b", b.table(), rows);
  batch.set(o, "a");
  batch.set(o, "b");
  o.step();
  batch.step(expected, 0.1, {}, rows);
  CHECK(same_arrays(b.rows.memory, expected.rows.memory));
  CHECK_FALSE(same_arrays(a.rows.memory, expected.rows.memory));
  optimizer all({.learning_rate = 0.1, .global_clip_norm = 1e9});
  all.add_table("a", a.table(), rows);
  all.add_table("b", b.table(), rows);
  batch.set(all, "b");
  const double alone = all.step().global_norm;
  CHECK(alone == std::sqrt(combine(batch, rows).sum()));
  batch.set(all, "a");
  const double sum = combine(batch, rows).sum();
  CHECK(all.step().global_norm == std::sqrt(sum + sum));
  all.detach_gradients("a");
  CHECK(all.step().global_norm == alone);
}

TEST_CASE("sums of squares that leave the range of doubles: the norm is that of elements times a power of two, for any threads") {
  for (const auto duplicates : all_duplicates)
    for (const double scale : {0x1p-530, 0x1p-480, 0x1p520, 0x1p1000}) {
      CAPTURE(int(duplicates));
      CAPTURE(scale);
      const row_options rows{.duplicates = duplicates};
      auto batch = batch_for<double>(rows, false, 3);
      const auto dense = usual_arrays<double>(5000, 3);
      const double expected = std::sqrt(sum_by_hand(dense.gradients) + combine(batch, rows).sum()),
                   own = std::sqrt(combine(batch, rows).sum());
      for (double& x : batch.rows.memory) x *= scale;
      for (const unsigned threads : {1u, 2u, 8u}) {
        auto t = make_usual_table<double>(table_rows, width, rows.accumulators, 1), alone = t;
        auto array = dense;
        for (double& x : array.gradients) x *= scale;
        const threading how{.threads = threads, .serial_below = 0};
        optimizer o({.global_clip_norm = expected * scale / 2, .how = how}), one({.how = how});
        o.add("array", array.parameters, std::span<const double>(array.gradients));
        o.add_table("t", t.table(), rows);
        batch.set(o, "t");
        CHECK(o.step().global_norm == expected * scale);
        one.add_table("t", alone.table(), rows, {.rule = {.epsilon = 0}, .clip_norm = own * scale / 2});
        batch.set(one, "t");
        one.step();
        if (duplicates == duplicate_rule::sequential) continue;
        auto c = combine(batch, rows);
        const double G = one.accumulators<double>("t")[static_cast<std::size_t>(c.indices[0]) * width];
        CHECK(same(G, (c.values[0][0] * 0.5) * (c.values[0][0] * 0.5)));
      }
    }
}
