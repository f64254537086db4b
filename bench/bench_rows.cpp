#include "bench_rows.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "bench_bags.hpp"
#include "bench_traffic_rows.hpp"
#include "table_rows.hpp"

namespace adagrad::bench {
namespace {

struct variant {
  std::string name;
  state_layout layout;
  duplicate_rule duplicates;
};

row_options options_of(const variant& of) {
  return {.accumulators = of.layout == state_layout::rowwise ? row_accumulators::rowwise : row_accumulators::elementwise,
          .duplicates = of.duplicates};
}

// Without duplicates, `sequential` and `sum` show what it costs to be ready for them.
std::vector<variant> variants(const table_shape& shape) {
  std::vector<variant> all;
  for (const state_layout layout : {state_layout::elementwise, state_layout::rowwise}) {
    const std::string name = traffic_variant(layout);
    if (shape.asked == popularity::uniform) all.push_back({name + "-unique", layout, duplicate_rule::unique});
    all.push_back({name + "-sequential", layout, duplicate_rule::sequential});
    all.push_back({name + "-sum", layout, duplicate_rule::sum});
  }
  return all;
}

void add_update(const variant& of, std::string_view isa, const table_size& size) {
  add_table_row("update_rows", of.name, isa, size, [=](benchmark::State& state) {
    const forced_instruction_set forced(isa);
    embedding& data = fresh_embedding(size.shape, of.layout);
    const auto w = data.table(of.layout), G = data.accumulators(of.layout);
    const row_options options = options_of(of);
    const threading how = row_threading(size.threads);
    rows_workspace scratch;
    measure_table(state, size, data, data.bytes(of.layout, false),
                  [&](const batch& one) { return update_rows(scratch, w, G, one.gradients(), learning_rate, {}, options, how).threads; });
  });
}

// It takes a third of a second for a call: without duplicates, where all rules do the same, one of them stands for all.
void add_reference(const variant& of, const table_shape& shape) {
  if (shape.asked == popularity::uniform && of.duplicates != duplicate_rule::unique) return;
  const table_size size{shape, 1};
  add_table_row("reference_rows", of.name, "scalar", size, [=](benchmark::State& state) {
    embedding& data = fresh_embedding(shape, of.layout);
    const auto w = data.table(of.layout), G = data.accumulators(of.layout);
    const row_options options = options_of(of);
    measure_table(state, size, data, data.bytes(of.layout, false), [&](const batch& one) {
      reference::update_rows(w, G, one.gradients(), learning_rate, {}, options);
      return 1u;
    });
  });
}

void add_one_thread(const table_shape& shape, const std::vector<std::string_view>& sets) {
  const table_size size{shape, 1};
  for (const variant& each : variants(shape)) add_reference(each, shape);
  for (const std::string_view isa : sets) {
    for (const state_layout layout : {state_layout::elementwise, state_layout::rowwise}) add_row_traffic(isa, size, layout);
    for (const variant& each : variants(shape)) add_update(each, isa, size);
  }
}

// Whether a row of the table and its accumulators should lie side by side.
void add_interleaved(const table_shape& shape) {
  const std::string_view isa = instruction_set();
  add_row_traffic(isa, {shape, 1}, state_layout::interleaved);
  add_update({"elementwise-interleaved", state_layout::interleaved, duplicate_rule::unique}, isa, {shape, 1});
}

// What two threads gain where no row repeats and where the most frequent rows do.
void add_teams(const table_shape& shape) {
  const std::string_view isa = instruction_set();
  const bool repeats = shape.asked == popularity::zipf;
  const variant one{repeats ? "elementwise-sum" : "elementwise-unique", state_layout::elementwise,
                    repeats ? duplicate_rule::sum : duplicate_rule::unique};
  for (const unsigned threads : team_sizes(batch_indices)) {
    if (threads == 1) continue;  // is there already
    add_row_traffic(isa, {shape, threads}, one.layout);
    add_update(one, isa, {shape, threads});
  }
}

}  // namespace

void register_table_rows(row_set rows) {
  if (rows == row_set::zeros) return;
  const bool brief = rows == row_set::brief;
  constexpr table_shape usual{4'000'000, 64, popularity::uniform};  // 1 GB, its accumulators another: far beyond the caches
  const std::vector in_use{instruction_set()};
  for (const std::size_t count : {std::size_t(100'000), usual.rows})
    for (const std::size_t width : {std::size_t(16), usual.width, std::size_t(128)})
      for (const popularity asked : {popularity::uniform, popularity::zipf}) {
        const table_shape shape{count, width, asked};
        const bool is_usual = count == usual.rows && width == usual.width;
        if (brief && !is_usual) continue;
        add_one_thread(shape, is_usual && !brief ? available_instruction_sets() : in_use);
        if (count == usual.rows && asked == popularity::uniform) add_interleaved(shape);
        if (is_usual && asked == popularity::uniform) add_bags(shape);
        if (is_usual) add_teams(shape);
      }
}

}  // namespace adagrad::bench
