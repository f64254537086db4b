// The rows of the dense update and what they are compared with.
#include "bench_dense.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "adagrad/adagrad.hpp"
#include "arrays.hpp"
#include "parts.hpp"
#include "tables.hpp"

#if defined(__x86_64__)
#define ADAGRAD_ISA_X86(name, type, flags, condition) ADAGRAD_ISA_ENTRY(name)
#elif defined(__aarch64__)
#define ADAGRAD_ISA_ARM(name, type, flags, condition) ADAGRAD_ISA_ENTRY(name)
#endif

namespace adagrad::bench {
#define ADAGRAD_ISA_ENTRY(name)              \
  extern const traffic_table traffic_##name; \
  extern const autovectorized_table autovectorized_##name;
#include "isa/isa.def"
#undef ADAGRAD_ISA_ENTRY
namespace {

struct comparison {
  std::string_view isa;
  const traffic_table& traffic;
  const autovectorized_table& autovectorized;
};

const comparison& compared_with(std::string_view isa) {
  static const comparison all[] = {
#define ADAGRAD_ISA_ENTRY(name) {#name, traffic_##name, autovectorized_##name},
#include "isa/isa.def"
#undef ADAGRAD_ISA_ENTRY
  };
  return *std::find_if(std::begin(all), std::end(all), [&](const comparison& c) { return c.isa == isa; });
}

using clock = std::chrono::steady_clock;

constexpr double learning_rate = 1e-6;  // nothing drifts far in a million steps

struct row_size {
  std::size_t count;
  unsigned threads;
};

template <class T>
constexpr const char* type_name = std::is_same_v<T, float> ? "f32" : "f64";

// Registers a row; `body(state)` runs it.
template <class T, class Body>
void add_row(const std::string& subject, const std::string& variant, std::string_view isa, row_size size, Body body) {
  const std::string name = subject + "_" + type_name<T> + "/" + variant + "/" + std::string(isa) + "/" + std::to_string(size.count) +
                           "/threads:" + std::to_string(size.threads);
  const auto guarded = [body](benchmark::State& state) mutable {
    try {
      body(state);
    } catch (const std::exception& problem) {  // no memory for this size: the other rows still run
      state.SkipWithError(problem.what());
    }
  };
  benchmark::RegisterBenchmark(name.c_str(), guarded)->UseRealTime();
}

// Times `sweep`, which returns how many threads ran.
template <class T, class Sweep>
void measure(benchmark::State& state, row_size size, const Sweep& sweep) {
  bool as_named = sweep() == size.threads;  // a pass to warm up
  const auto start = clock::now();
  for (auto _ : state) {
    as_named &= sweep() == size.threads;
    benchmark::ClobberMemory();
  }
  const std::chrono::duration<double, std::nano> elapsed = clock::now() - start;
  if (!as_named) return state.SkipWithError("ran on another number of threads than the row's name says");
  const auto elements = state.iterations() * static_cast<std::int64_t>(size.count);
  state.SetItemsProcessed(elements);
  state.SetBytesProcessed(elements * static_cast<std::int64_t>(5 * sizeof(T)));
  // Google Benchmark's own inverted rate would be printed as seconds.
  state.counters["ns_per_element"] = elapsed.count() / static_cast<double>(elements);
}

struct forced_instruction_set {
  explicit forced_instruction_set(std::string_view name) { force_instruction_set(name); }
  ~forced_instruction_set() { force_instruction_set(""); }
  forced_instruction_set(const forced_instruction_set&) = delete;
  forced_instruction_set& operator=(const forced_instruction_set&) = delete;
};

template <class T>
void add_update(const std::string& variant, std::string_view isa, row_size size, arithmetic mode, placement where = placement::staggered,
                contents what = contents::plain) {
  add_row<T>("update", variant, isa, size, [=](benchmark::State& state) {
    const forced_instruction_set forced(isa);
    const arrays<T> a = fresh_arrays<T>(size.count, size.threads, where, what);
    const update_options options{.mode = mode};
    threading how{.threads = size.threads};
    if (size.threads > 1) how.serial_below = 0;
    measure<T>(state, size, [&] { return update(a.parameters, a.gradients, a.accumulators, learning_rate, options, how).threads; });
  });
}

template <class T>
void add_reference(std::size_t count) {
  add_row<T>("reference", "exact", "scalar", {count, 1}, [=](benchmark::State& state) {
    const arrays<T> a = fresh_arrays<T>(count, 1);
    measure<T>(state, {count, 1}, [&] {
      reference::update(a.parameters, a.gradients, a.accumulators, learning_rate);
      return 1u;
    });
  });
}

template <class T>
void add_autovectorized(std::string_view isa, std::size_t count) {
  autovectorized_update<T> loop;
  if constexpr (std::is_same_v<T, float>) loop = compared_with(isa).autovectorized.f32;
  else loop = compared_with(isa).autovectorized.f64;
  add_row<T>("autovectorized", "exact", isa, {count, 1}, [=](benchmark::State& state) {
    const arrays<T> a = fresh_arrays<T>(count, 1);
    const kernels::dense_step<T> step{T(learning_rate), T(update_options{}.epsilon), false, false, false};
    measure<T>(state, {count, 1}, [&] {
      loop(a.parameters.data(), a.gradients.data(), a.accumulators.data(), count, step);
      return 1u;
    });
  });
}

template <class T>
unsigned run_traffic(traffic_sweep<T> sweep, const arrays<T>& a, unsigned threads) {
  return in_parts(a.parameters.size(), threads, [&](std::size_t begin, std::size_t end) {
    sweep(a.parameters.data() + begin, a.gradients.data() + begin, a.accumulators.data() + begin, end - begin);
  });
}

// The best time of each form of the traffic sweep, in seconds for one pass. A row keeps it over its repetitions, so that one
// disturbed moment does not settle the choice.
struct form_times {
  std::array<double, traffic_forms> best;
  form_times() { best.fill(std::numeric_limits<double>::infinity()); }

  template <class T>
  std::size_t fastest(const traffic_sweep<T>* forms, const arrays<T>& a, unsigned threads) {
    const std::size_t count = a.parameters.size(), passes = std::max<std::size_t>(1, 1'000'000 / count);
    const int rounds = count < 10'000'000 ? 5 : 1;
    for (int round = 0; round < rounds; ++round)
      for (std::size_t form = 0; form < traffic_forms; ++form) {
        const auto start = clock::now();
        for (std::size_t pass = 0; pass < passes; ++pass) run_traffic(forms[form], a, threads);
        const std::chrono::duration<double> elapsed = clock::now() - start;
        best[form] = std::min(best[form], elapsed.count() / static_cast<double>(passes));
      }
    return static_cast<std::size_t>(std::min_element(best.begin(), best.end()) - best.begin());
  }
};

template <class T>
void add_traffic(std::string_view isa, row_size size) {
  const traffic_sweep<T>* forms;
  if constexpr (std::is_same_v<T, float>) forms = compared_with(isa).traffic.f32;
  else forms = compared_with(isa).traffic.f64;
  add_row<T>("traffic", "plain", isa, size, [=, times = form_times()](benchmark::State& state) mutable {
    const arrays<T> a = fresh_arrays<T>(size.count, size.threads);
    const std::size_t form = times.fastest(forms, a, size.threads);
    measure<T>(state, size, [&] { return run_traffic(forms[form], a, size.threads); });
    state.SetLabel(traffic_form_names[form]);
  });
}

// All rows of one size. More threads than blocks would leave some without work: no such row.
template <class T>
void add_size(std::size_t count, const std::vector<std::string_view>& sets) {
  add_reference<T>(count);
  const unsigned most = default_threads();
  const std::size_t blocks = (count + block - 1) / block;
  std::vector<unsigned> teams{1};
  if (most > 1 && most <= blocks) teams.push_back(most);
  for (const unsigned threads : teams)
    for (const std::string_view isa : sets) {
      add_traffic<T>(isa, {count, threads});
      if (threads == 1) add_autovectorized<T>(isa, count);
      add_update<T>("exact", isa, {count, threads}, arithmetic::exact);
      add_update<T>("fast", isa, {count, threads}, arithmetic::fast);
    }
}

void add_zeros() {
  for (const std::size_t count : {10'000, 100'000})
    for (const std::string_view isa : available_instruction_sets()) {
      const row_size size{count, 1};
      add_update<float>("exact", isa, size, arithmetic::exact);
      add_update<float>("exact-half-zeros", isa, size, arithmetic::exact, placement::staggered, contents::half_zeros);
      if (count == 10'000) add_update<float>("exact-aliased", isa, size, arithmetic::exact, placement::aliased);
    }
}

}  // namespace

void register_dense_rows(row_set rows) {
  if (rows == row_set::zeros) return add_zeros();
  const bool brief = rows == row_set::brief;
  const auto sets = brief ? std::vector{instruction_set()} : available_instruction_sets();
  const auto counts = brief ? std::vector<std::size_t>{10'000, 100'000, 10'000'000}
                            : std::vector<std::size_t>{1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
  for (const std::size_t count : counts) {
    add_size<float>(count, sets);
    add_size<double>(count, sets);
  }
}

}  // namespace adagrad::bench
