// The rows of the dense update and what they are compared with.
#include "bench_dense.hpp"

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "arrays.hpp"
#include "bench_traffic.hpp"
#include "comparison.hpp"
#include "parts.hpp"
#include "rows.hpp"

namespace adagrad::bench {
namespace {

template <class T>
void add_update(const std::string& variant, std::string_view isa, row_size size, arithmetic mode, placement where = placement::staggered,
                contents what = contents::plain) {
  add_row<T>("update", variant, isa, size, [=](benchmark::State& state) {
    const forced_instruction_set forced(isa);
    const arrays<T> a = fresh_arrays<T>(size.count, size.threads, where, what);
    const update_options options{.mode = mode};
    const threading how = row_threading(size.threads);
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

// All rows of one size.
template <class T>
void add_size(std::size_t count, const std::vector<std::string_view>& sets) {
  add_reference<T>(count);
  for (const unsigned threads : team_sizes(blocks(count)))
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
