#include "validate/rows.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "validate/arrays.hpp"
#include "validate/numbers.hpp"
#include "validate/overlap.hpp"
#include "validate/shape.hpp"

namespace adagrad::validate {
namespace {

using std::to_string;

constexpr auto most_bytes = static_cast<std::size_t>(PTRDIFF_MAX);

template <class T>
std::size_t stride_of(const rows_view<T>& view) {
  return view.stride == 0 ? view.width : view.stride;
}

// From the first element to behind the last; `view` is one that memory holds.
template <class T>
byte_range bytes_of(const rows_view<T>& view) {
  const auto begin = reinterpret_cast<std::uintptr_t>(view.data);
  return {begin, view.rows == 0 ? begin : begin + ((view.rows - 1) * stride_of(view) + view.width) * sizeof(T)};
}

// Whether rows of the same stride lie beside each other, as [weights | accumulators] do: b's columns all in what a leaves free.
template <class T>
bool interleaved(const rows_view<T>& a, const rows_view<T>& b) {
  if (stride_of(a) != stride_of(b)) return false;
  const std::size_t stride = stride_of(a) * sizeof(T), begin_a = bytes_of(a).begin, begin_b = bytes_of(b).begin;
  const std::size_t before = begin_a > begin_b ? (begin_a - begin_b) % stride : 0;
  const std::size_t offset = begin_a > begin_b ? (before == 0 ? 0 : stride - before) : (begin_b - begin_a) % stride;
  return offset >= a.width * sizeof(T) && offset + b.width * sizeof(T) <= stride;
}

template <class T>
void disjoint(const char* name_a, const rows_view<T>& a, const char* name_b, const rows_view<T>& b, const std::string* parameter) {
  if (!overlap(bytes_of(a), bytes_of(b)) || interleaved(a, b)) return;
  fail(parameter, std::string(name_a) + " overlaps " + name_b +
                      ": give each its own memory, or interleave them with one stride, so that no element belongs to both");
}

void disjoint(const char* name_a, const byte_range& a, const char* name_b, const byte_range& b, const std::string* parameter) {
  if (overlap(a, b)) fail(parameter, std::string(name_a) + " overlaps " + name_b + ": give each its own memory");
}

byte_range bytes_of(const row_indices& indices) {
  const auto begin = reinterpret_cast<std::uintptr_t>(indices.data());
  return {begin, begin + indices.size() * (indices.wide() ? 8 : 4)};
}

void array_of_indices(const char* field, const row_indices& indices, const std::string* parameter) {
  if (indices.wide())
    array<std::int64_t>(field, {static_cast<const std::int64_t*>(indices.data()), indices.size()}, indices.size(), parameter);
  else array<std::int32_t>(field, {static_cast<const std::int32_t*>(indices.data()), indices.size()}, indices.size(), parameter);
}

// One row for each of something, as wide as the table.
template <class T>
void gradient_rows(const char* field, const rows_view<const T>& rows, std::size_t width, const std::string* parameter) {
  if (rows.rows == 0 && rows.width == 0) return;
  view<T>(field, rows, parameter);
  if (rows.width != width)
    fail(parameter, std::string(field) + ".width is " + to_string(rows.width) + ", but the table's rows have " + to_string(width) +
                        " elements: pass gradients as wide as the table");
}

// Bag b begins at offsets[b].
void bag_offsets(const row_indices& offsets, std::size_t bags, std::size_t indices, const std::string* parameter) {
  const auto at = [&](std::size_t i) { return "offsets[" + to_string(i) + "] is " + to_string(offsets[i]); };
  if (offsets.size() != bags && offsets.size() - 1 != bags)
    fail(parameter, "offsets has " + to_string(offsets.size()) + " elements for " + to_string(bags) +
                        " bags (rows of gradients): pass where each bag begins, and perhaps where the last one ends");
  if (bags == 0 && indices != 0)
    fail(parameter,
         "indices has " + to_string(indices) + " elements, but gradients has no rows, so that there are no bags: pass no indices");
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    if (i == 0 && offsets[0] != 0) fail(parameter, at(0) + "; the first bag begins at 0: count offsets from the first index");
    if (i > 0 && offsets[i] < offsets[i - 1])
      fail(parameter, at(i) + ", less than the " + to_string(offsets[i - 1]) +
                          " before it: pass offsets that never decrease (equal ones make an empty bag)");
    if (static_cast<std::uint64_t>(offsets[i]) > indices)
      fail(parameter, at(i) + ", but there are " + to_string(indices) + " indices: let no bag begin behind the last index");
  }
  if (offsets.size() > bags && static_cast<std::uint64_t>(offsets[bags]) != indices)
    fail(parameter, at(bags) + ", where the last bag ends, but there are " + to_string(indices) + " indices: end it with the indices");
}

// x is in [0, last] where neither x nor last - x has its sign bit set: subtraction and `or` alone, which every machine has for vectors.
template <class Index>
std::size_t find_bad(const Index* indices, std::size_t begin, std::size_t end, std::size_t rows) noexcept {
  using bits = std::make_unsigned_t<Index>;
  constexpr bits sign = bits(1) << (8 * sizeof(bits) - 1);
  constexpr std::size_t block = 1024;
  const bits last = static_cast<bits>(std::min<std::uint64_t>(rows, sign)) - 1;
  const auto signs = [=](std::size_t i) {
    const auto x = static_cast<bits>(indices[i]);
    return static_cast<bits>(x | (last - x));
  };
  std::size_t i = begin;
  for (; end - i >= block; i += block) {
    bits any = 0;
    for (std::size_t j = 0; j < block; ++j) any |= signs(i + j);
    if (any & sign) break;
  }
  while (i < end && !(signs(i) & sign)) ++i;
  return i;
}

}  // namespace

const char* name_of(lazy_term lazy) noexcept {
  switch (lazy) {
    case lazy_term::decoupled_decay: return "decoupled_decay";
    case lazy_term::l1: return "l1";
    case lazy_term::group_lasso: return "group_lasso";
    case lazy_term::l2: return "l2";
    case lazy_term::elastic_net: return "elastic_net";
    default: return "none";
  }
}

template <class T>
row_plan<T> make_row_plan(const update_options& rule, const row_options& rows, const std::string* parameter, bool in_optimizer) {
  known_choice("accumulators", rows.accumulators, row_accumulators::rowwise, "use row_accumulators::elementwise or rowwise", parameter);
  known_choice("duplicates", rows.duplicates, duplicate_rule::unique, "use duplicate_rule::sum, mean, sequential or unique", parameter);
  known_choice("lazy", rows.lazy, lazy_term::elastic_net, "use lazy_term::none, decoupled_decay, l1, group_lasso, l2 or elastic_net",
               parameter);
  if (!in_optimizer && is_on_norms(rule.constraint.kind))
    fail(parameter,
         "constraint is on norms, which update_rows does not look at: use optimizer::add_table, with max_norm(c, {1}) or its like");
  row_plan<T> p{.rule = make_plan<T>(rule, parameter, in_optimizer),
                .rowwise = rows.accumulators == row_accumulators::rowwise,
                .duplicates = rows.duplicates,
                .padding_index = rows.padding_index,
                .group_lasso = rows.group_lasso};
  p.rule.step.fast = false;  // rows wait for memory, not for roots
  if (p.rowwise && rule.accumulate_rounding == multiply_add::one_rounding)
    fail(parameter,
         "accumulate_rounding is one_rounding with row-wise accumulators, which add a mean and no product: use two_roundings, or "
         "row_accumulators::elementwise");
  not_negative<T>("group_lasso", rows.group_lasso, "use a small number such as 1e-4, or 0", parameter);
  if (rows.group_lasso > 0) {
    const std::string found = "group_lasso is " + text(rows.group_lasso);
    if (!p.rowwise)
      fail(parameter,
           found + " with accumulators for each element, but needs one denominator for each row: use row_accumulators::rowwise, or 0");
    for (const auto& [field, strength] : {std::pair("proximal_l1", rule.proximal_l1), std::pair("proximal_l2", rule.proximal_l2)})
      if (strength > 0)
        fail(parameter, found + " and " + field + " is " + text(strength) + ", which exclude each other: leave one of them 0");
  }
  not_negative<double>("counter_halflife", rows.counter_halflife, "use a number of calls, or 0", parameter);
  if (in_optimizer) return p;
  if (rows.lazy != lazy_term::none)
    fail(parameter, std::string("lazy is ") + name_of(rows.lazy) +
                        ", but what absent rows owe is known to an optimizer only: use optimizer::add_table, or lazy_term::none");
  if (rows.counter_halflife > 0)
    fail(parameter, "counter_halflife is " + text(rows.counter_halflife) +
                        ", but only an optimizer counts the calls that touch a row: use optimizer::add_table, or 0");
  return p;
}

template <class T>
void view(const char* field, rows_view<const T> view, const std::string* parameter) {
  const std::string name = field;
  if (view.width == 0) fail(parameter, name + ".width is 0; rows have at least one element: pass {data, rows, width}");
  if (view.stride != 0 && view.stride < view.width)
    fail(parameter, name + ".stride is " + to_string(view.stride) + ", less than its width " + to_string(view.width) +
                        ", so that rows overlap: use 0 for rows without gaps");
  if (view.rows == 0) return;
  if (view.data == nullptr) fail(parameter, name + " is a null pointer with " + to_string(view.rows) + " rows: pass the array, or no rows");
  const std::size_t most = most_bytes / sizeof(T), stride = stride_of(view);
  if (view.width > most || (view.rows - 1) > (most - view.width) / stride || bytes_of(view).end < bytes_of(view).begin)
    fail(parameter, name + " has " + to_string(view.rows) + " rows of " + to_string(view.width) + " elements, " + to_string(stride) +
                        " apart, more than memory can hold: was a size a negative number?");
}

template <class T>
void table(rows_view<const T> table, rows_view<const T> accumulators, row_accumulators kind) {
  view<T>("table", table);
  view<T>("accumulators", accumulators);
  if (accumulators.rows != table.rows)
    fail(nullptr, "accumulators.rows is " + to_string(accumulators.rows) + ", but the table has " + to_string(table.rows) +
                      " rows: pass accumulators for all rows");
  const bool rowwise = kind == row_accumulators::rowwise;
  if (accumulators.width != (rowwise ? 1 : table.width))
    fail(nullptr, "accumulators.width is " + to_string(accumulators.width) +
                      (rowwise ? ", but row-wise accumulators are one for each row: pass a width of 1, or use row_accumulators::elementwise"
                               : ", but the table's rows have " + to_string(table.width) +
                                     " elements: pass accumulators as wide as the table, or use row_accumulators::rowwise"));
  disjoint("table", table, "accumulators", accumulators, nullptr);
}

template <class T>
void gradients(const row_gradients<T>& gradients, std::size_t width, const std::string* parameter) {
  array_of_indices("indices", gradients.indices, parameter);
  if (gradients.values.rows != gradients.indices.size())
    fail(parameter, "values.rows is " + to_string(gradients.values.rows) + ", but there are " + to_string(gradients.indices.size()) +
                        " indices: pass one row of values for each index");
  gradient_rows("values", gradients.values, width, parameter);
}

template <class T>
void gradients(const bag_gradients<T>& gradients, std::size_t width, const std::string* parameter) {
  known_choice("pooled", gradients.pooled, pooling::mean, "use pooling::sum or pooling::mean", parameter);
  array_of_indices("indices", gradients.indices, parameter);
  array_of_indices("offsets", gradients.offsets, parameter);
  gradient_rows("gradients", gradients.gradients, width, parameter);
  bag_offsets(gradients.offsets, gradients.gradients.rows, gradients.indices.size(), parameter);
  if (!gradients.weights.empty()) array<T>("weights", gradients.weights, gradients.indices.size(), parameter);
}

template <class T>
void apart(const char* field, rows_view<const T> written, const row_gradients<T>& gradients, const std::string* parameter) {
  disjoint("values", gradients.values, field, written, parameter);
  disjoint("indices", bytes_of(gradients.indices), field, bytes_of(written), parameter);
}

template <class T>
void apart(const char* field, rows_view<const T> written, const bag_gradients<T>& gradients, const std::string* parameter) {
  disjoint("gradients", gradients.gradients, field, written, parameter);
  disjoint("indices", bytes_of(gradients.indices), field, bytes_of(written), parameter);
  disjoint("offsets", bytes_of(gradients.offsets), field, bytes_of(written), parameter);
  disjoint("weights", rows_view<const T>{gradients.weights.data(), gradients.weights.size(), 1}, field, written, parameter);
}

std::size_t find_bad_index(const row_indices& indices, std::size_t begin, std::size_t end, std::size_t rows) noexcept {
  return indices.wide() ? find_bad(static_cast<const std::int64_t*>(indices.data()), begin, end, rows)
                        : find_bad(static_cast<const std::int32_t*>(indices.data()), begin, end, rows);
}

void fail_index(const row_indices& indices, std::size_t position, std::size_t rows, const std::string* parameter) {
  fail(parameter, "indices[" + to_string(position) + "] is " + to_string(indices[position]) + ", but the table has " + to_string(rows) +
                      " rows: pass indices from 0 to rows - 1");
}

void padding(const row_options& rows, std::size_t table_rows, const std::string* parameter) {
  if (!rows.padding_index || (*rows.padding_index >= 0 && static_cast<std::uint64_t>(*rows.padding_index) < table_rows)) return;
  fail(parameter, "padding_index is " + to_string(*rows.padding_index) + ", but the table has " + to_string(table_rows) +
                      " rows: use one of 0 to rows - 1, or none");
}

#define ADAGRAD_FOR(T)                                                                                        \
  template row_plan<T> make_row_plan<T>(const update_options&, const row_options&, const std::string*, bool); \
  template void view<T>(const char*, rows_view<const T>, const std::string*);                                 \
  template void table<T>(rows_view<const T>, rows_view<const T>, row_accumulators);                           \
  template void gradients<T>(const row_gradients<T>&, std::size_t, const std::string*);                       \
  template void gradients<T>(const bag_gradients<T>&, std::size_t, const std::string*);                       \
  template void apart<T>(const char*, rows_view<const T>, const row_gradients<T>&, const std::string*);       \
  template void apart<T>(const char*, rows_view<const T>, const bag_gradients<T>&, const std::string*);
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad::validate
