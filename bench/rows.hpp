// What the rows of all subjects share: their names, their threads, how they are timed.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "adagrad/adagrad.hpp"

namespace adagrad::bench {

using clock = std::chrono::steady_clock;

inline constexpr double learning_rate = 1e-6;  // nothing drifts far in a million steps

struct row_size {
  std::size_t count;
  unsigned threads;
};

template <class T>
constexpr const char* type_name = std::is_same_v<T, float> ? "f32" : "f64";

// Registers a row; `body` runs it. A row that two comparisons share is registered by the first of them.
void add_named_row(const std::string& name, std::function<void(benchmark::State&)> body);

template <class T>
void add_row(const std::string& subject, const std::string& variant, std::string_view isa, row_size size,
             std::function<void(benchmark::State&)> body) {
  add_named_row(subject + "_" + type_name<T> + "/" + variant + "/" + std::string(isa) + "/" + std::to_string(size.count) +
                    "/threads:" + std::to_string(size.threads),
                std::move(body));
}

// 1 and, if `blocks` blocks of work are enough for as many, default_threads(): more threads than blocks would leave some without work.
std::vector<unsigned> team_sizes(std::size_t blocks);

// As many threads as the row's name says, however little the work.
inline threading row_threading(unsigned threads) {
  threading how{.threads = threads};
  if (threads > 1) how.serial_below = 0;
  return how;
}

// Times `sweep`, which returns how many threads ran. Returns the nanoseconds of one sweep.
template <class T, class Sweep>
double measure(benchmark::State& state, row_size size, const Sweep& sweep) {
  bool as_named = sweep() == size.threads;  // a pass to warm up
  const auto start = clock::now();
  for (auto _ : state) {
    as_named &= sweep() == size.threads;
    benchmark::ClobberMemory();
  }
  const std::chrono::duration<double, std::nano> elapsed = clock::now() - start;
  if (!as_named) state.SkipWithError("ran on another number of threads than the row's name says");
  const auto elements = state.iterations() * static_cast<std::int64_t>(size.count);
  state.SetItemsProcessed(elements);
  state.SetBytesProcessed(elements * static_cast<std::int64_t>(5 * sizeof(T)));
  // Google Benchmark's own inverted rate would be printed as seconds.
  state.counters["ns_per_element"] = elapsed.count() / static_cast<double>(elements);
  return elapsed.count() / static_cast<double>(state.iterations());
}

struct forced_instruction_set {
  explicit forced_instruction_set(std::string_view name) { force_instruction_set(name); }
  ~forced_instruction_set() { force_instruction_set(""); }
  forced_instruction_set(const forced_instruction_set&) = delete;
  forced_instruction_set& operator=(const forced_instruction_set&) = delete;
};

}  // namespace adagrad::bench
