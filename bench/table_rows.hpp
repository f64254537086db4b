// What the benchmark's rows about embedding tables share: their names, how they are timed.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "embedding.hpp"
#include "rows.hpp"

namespace adagrad::bench {

struct table_size {
  table_shape shape;
  unsigned threads;
};

inline void add_table_row(const std::string& subject, const std::string& variant, std::string_view isa, const table_size& size,
                          std::function<void(benchmark::State&)> body) {
  add_named_row(subject + "_f32/" + variant + "/" + std::string(isa) + "/" + size.shape.name() + "/threads:" + std::to_string(size.threads),
                std::move(body));
}

// Times `call`, which takes a batch and returns how many threads ran, over the batches in turn.
template <class Call>
void measure_table(benchmark::State& state, const table_size& size, embedding& data, double bytes, const Call& call) {
  const double ns = measure<float>(state, {batch_indices * size.shape.width, size.threads}, [&] { return call(data.next()); });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_indices));
  state.SetBytesProcessed(static_cast<std::int64_t>(static_cast<double>(state.iterations()) * bytes));
  state.counters["ns_per_row"] = ns / static_cast<double>(batch_indices);
  state.counters["ns_per_step"] = ns;
}

}  // namespace adagrad::bench
