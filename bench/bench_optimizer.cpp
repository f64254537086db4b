#include "bench_optimizer.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench_traffic.hpp"
#include "mapping.hpp"
#include "parts.hpp"
#include "rows.hpp"
#include "shapes.hpp"
#include "start_values.hpp"
#include "tensors.hpp"

namespace adagrad::bench {
namespace {

// A list that nobody would spread over threads shows what a call costs: it is left to the library's own choice.
threading list_threading(const shape_list& list, unsigned threads) { return list.total() < block ? threading{} : row_threading(threads); }

template <class Step>
void measure_step(benchmark::State& state, row_size size, const Step& step) {
  state.counters["ns_per_step"] = measure<float>(state, size, step);
}

// The threads of such a row are the most that any of its calls has: small tensors run on fewer.
void add_updates(const shape_list& list, const std::string& variant, std::string_view isa, unsigned threads, pages accumulator_pages) {
  const row_size size{list.total(), threads};
  add_row<float>("updates", variant, isa, size, [=](benchmark::State& state) {
    const forced_instruction_set forced(isa);
    const auto tensors = fresh_tensors(list, threads);
    const auto accumulators = fresh_accumulators(list, threads, accumulator_pages);
    const threading how = list_threading(list, threads);
    measure_step(state, size, [&] {
      unsigned most = 0;
      for (std::size_t i = 0; i < tensors.size(); ++i)
        most = std::max(most, update(tensors[i].parameters, tensors[i].gradients, accumulators[i].values, learning_rate, {}, how).threads);
      return most;
    });
  });
}

void add_optimizer(const shape_list& list, std::string_view isa, unsigned threads) {
  const row_size size{list.total(), threads};
  add_row<float>("optimizer", list.name, isa, size, [=](benchmark::State& state) {
    const forced_instruction_set forced(isa);
    const auto tensors = fresh_tensors(list, threads);
    optimizer all(
        {.learning_rate = learning_rate, .defaults = {.initial_accumulator = start_accumulator}, .how = list_threading(list, threads)});
    for (std::size_t i = 0; i < tensors.size(); ++i) all.add(std::to_string(i), tensors[i].parameters, tensors[i].gradients);
    measure_step(state, size, [&] { return all.step().threads; });
  });
}

void add_list(const shape_list& list, std::string_view isa, unsigned threads) {
  const std::size_t largest = *std::max_element(list.counts.begin(), list.counts.end());
  if (threads <= blocks(largest)) add_updates(list, list.name, isa, threads, pages::small);
  if (list.counts.size() == 1 && largest * sizeof(float) >= huge_page)
    add_updates(list, list.name + "-huge-pages", isa, threads, pages::huge);
  add_optimizer(list, isa, threads);
}

// Lists of `count` elements in all, beside as many in one tensor.
void add_comparison(std::size_t count, const std::vector<shape_list>& lists, const std::vector<std::string_view>& sets) {
  for (const unsigned threads : team_sizes(blocks(count)))
    for (const std::string_view isa : sets) {
      add_traffic<float>(isa, {count, threads});
      add_list(flat(count), isa, threads);
      for (const shape_list& list : lists) add_list(list, isa, threads);
    }
}

}  // namespace

void register_optimizer_rows(row_set rows) {
  if (rows == row_set::zeros) return;
  const bool brief = rows == row_set::brief;
  const std::vector in_use{instruction_set()};
  const shape_list small_tensors = thousand();
  add_comparison(100, {}, in_use);
  add_comparison(small_tensors.total(), {small_tensors}, brief ? in_use : available_instruction_sets());
  if (!brief) add_comparison(10'000'000, {}, in_use);
  for (const shape_list& model : models())
    if (!brief || model.name == "bert-base") add_comparison(model.total(), {model}, in_use);
}

}  // namespace adagrad::bench
