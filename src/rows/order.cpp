#include "rows/order.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <string>
#include <utility>

#include "parallel/region.hpp"
#include "validate/fail.hpp"

namespace adagrad::rows {
namespace {

constexpr std::size_t most_bits = 11;  // of a digit: its counters fill half of the first cache

// Below this many, comparing is quicker than counting.
constexpr std::size_t compared_below = 256;

// A stable sort, least significant digit first. Each part counts and scatters the same stretch of appearances, so that neither their number nor
// their order in time has any effect.
template <class Number>
struct radix_sort {
  const row_indices& indices;  // what the first pass reads
  const appearance<Number>* from = nullptr;
  appearance<Number>* to;
  std::size_t* counts;  // for each part
  std::size_t parts, shift = 0, digits;

  static constexpr std::size_t block = 64;

  appearance<Number> at(std::size_t k) const noexcept {
    return from != nullptr ? from[k] : appearance<Number>{static_cast<Number>(indices[k]), static_cast<Number>(k)};
  }
  std::size_t digit(const appearance<Number>& a) const noexcept { return static_cast<std::size_t>(a.row >> shift) & (digits - 1); }

  static void count(void* context, std::size_t part) {
    const radix_sort& s = *static_cast<const radix_sort*>(context);
    std::size_t* const mine = s.counts + part * s.digits;
    std::fill_n(mine, s.digits, std::size_t(0));
    const auto [begin, end] = parallel::part(s.indices.size(), s.parts, part, block);
    for (std::size_t k = begin; k < end; ++k) ++mine[s.digit(s.at(k))];
  }
  static void scatter(void* context, std::size_t part) {
    const radix_sort& s = *static_cast<const radix_sort*>(context);
    std::size_t* const mine = s.counts + part * s.digits;
    const auto [begin, end] = parallel::part(s.indices.size(), s.parts, part, block);
    for (std::size_t k = begin; k < end; ++k) {
      const appearance<Number> a = s.at(k);
      s.to[mine[s.digit(a)]++] = a;
    }
  }
  // Counts to places: digit by digit, and of one digit part by part.
  void place() noexcept {
    std::size_t sum = 0;
    for (std::size_t d = 0; d < digits; ++d)
      for (std::size_t p = 0; p < parts; ++p) sum += std::exchange(counts[p * digits + d], sum);
  }

  void pass(const threading& how) {
    parallel::run(how, parts, count, this);
    place();
    parallel::run(how, parts, scatter, this);
  }
};

template <class Number>
const appearance<Number>* sort_by_row(const row_indices& indices, std::size_t table_rows, rows_workspace::buffers& memory,
                                      std::size_t parts, const threading& how) {
  const std::size_t n = indices.size();
  appearance<Number>* const to = memory.items[0].get<appearance<Number>>(n);
  if (n < compared_below) {
    for (std::size_t k = 0; k < n; ++k) to[k] = {static_cast<Number>(indices[k]), static_cast<Number>(k)};
    std::sort(to, to + n, [](const auto& a, const auto& b) { return a.row != b.row ? a.row < b.row : a.position < b.position; });
    return to;
  }
  appearance<Number>* const other = memory.items[1].get<appearance<Number>>(n);
  const std::size_t bits = std::max<std::size_t>(1, static_cast<std::size_t>(std::bit_width(table_rows - 1)));
  const std::size_t passes = (bits + most_bits - 1) / most_bits, each = (bits + passes - 1) / passes, digits = std::size_t(1) << each;
  radix_sort<Number> s{
      .indices = indices, .to = to, .counts = memory.histograms.get<std::size_t>(parts * digits), .parts = parts, .digits = digits};
  for (std::size_t p = 0; p < passes; ++p) {
    s.pass(how);
    s.shift += each;
    s.from = s.to;
    s.to = s.to == to ? other : to;
  }
  return s.from;
}

}  // namespace

void order::sort(std::size_t table_rows, rows_workspace::buffers& memory, std::size_t parts, const threading& how) {
  if (indices_.empty()) return;
  constexpr std::size_t narrow = std::numeric_limits<std::uint32_t>::max();
  if (table_rows <= narrow && indices_.size() <= narrow) narrow_ = sort_by_row<std::uint32_t>(indices_, table_rows, memory, parts, how);
  else wide_ = sort_by_row<std::uint64_t>(indices_, table_rows, memory, parts, how);
}

std::size_t order::edge(std::size_t index, std::size_t parts) const noexcept {
  if (index == 0) return 0;
  if (index >= parts) return size();
  std::size_t k = parallel::part(size(), parts, index, 1).begin;
  if (sorted())
    while (k > 0 && k < size() && row(k) == row(k - 1)) ++k;
  return k;
}

void check_unique(const row_indices& indices, std::size_t table_rows, const std::optional<std::int64_t>& padding,
                  rows_workspace::buffers& memory, const std::string* parameter) {
  order by_row(indices);
  by_row.sort(table_rows, memory, 1, {.threads = 1});
  for (std::size_t k = 1; k < by_row.size(); ++k) {
    const std::size_t row = by_row.row(k);
    if (row != by_row.row(k - 1) || (padding && row == static_cast<std::size_t>(*padding))) continue;
    validate::fail(parameter, "indices[" + std::to_string(by_row.position(k - 1)) + "] and indices[" + std::to_string(by_row.position(k)) +
                                  "] are both " + std::to_string(row) +
                                  ", with duplicate_rule::unique: use sum, mean or sequential, or make each index appear once");
  }
}

}  // namespace adagrad::rows
