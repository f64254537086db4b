#include "bench_bags.hpp"

#include <cstring>
#include <string_view>

#include "bench_traffic_rows.hpp"
#include "mapping.hpp"
#include "table_rows.hpp"

namespace adagrad::bench {
namespace {

row_options options_of(state_layout layout) {
  return {.accumulators = layout == state_layout::rowwise ? row_accumulators::rowwise : row_accumulators::elementwise,
          .duplicates = duplicate_rule::sequential};
}

void add_pooled(std::string_view isa, const table_size& size, state_layout layout) {
  add_table_row("update_bags", traffic_variant(layout), isa, size, [=](benchmark::State& state) {
    const forced_instruction_set forced(isa);
    embedding& data = fresh_embedding(size.shape, layout);
    const auto w = data.table(layout), G = data.accumulators(layout);
    rows_workspace scratch;
    measure_table(state, size, data, data.bytes(layout, true), [&](const batch& one) {
      return update_rows(scratch, w, G, one.pooled(), learning_rate, {}, options_of(layout), row_threading(size.threads)).threads;
    });
  });
}

// A gradient for each index of bags that were summed: copies of their bags', by the C library's memcpy with the widest registers there are.
void expand(const batch& one, float* values) {
  const std::size_t width = one.values.width;
  for (std::size_t i = 0; i < one.indices.size(); ++i)
    std::memcpy(values + i * width, one.values.data + static_cast<std::size_t>(one.bag_of[i]) * width, width * sizeof(float));
}

void add_expanded(std::string_view isa, const table_size& size, state_layout layout) {
  add_table_row("expanded_bags", traffic_variant(layout), isa, size, [=](benchmark::State& state) {
    const forced_instruction_set forced(isa);
    embedding& data = fresh_embedding(size.shape, layout);
    const auto w = data.table(layout), G = data.accumulators(layout);
    const mapping buffer(batch_indices * size.shape.width * sizeof(float));
    float* const values = reinterpret_cast<float*>(buffer.data());
    rows_workspace scratch;
    // Bytes are those of the update without expanding: what it adds is its price.
    measure_table(state, size, data, data.bytes(layout, true), [&](const batch& one) {
      expand(one, values);
      const row_gradients<float> gradients{one.indices, {values, batch_indices, size.shape.width}};
      return update_rows(scratch, w, G, gradients, learning_rate, {}, options_of(layout), row_threading(size.threads)).threads;
    });
  });
}

}  // namespace

void add_bags(const table_shape& shape) {
  const std::string_view isa = instruction_set();
  for (const state_layout layout : {state_layout::elementwise, state_layout::rowwise}) {
    add_bag_traffic(isa, {shape, 1}, layout);
    add_pooled(isa, {shape, 1}, layout);
    add_expanded(isa, {shape, 1}, layout);
  }
}

}  // namespace adagrad::bench
