// Refuses bad tables, gradients of rows and options for them, before the first write. `parameter` names the optimizer's table, null for none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "adagrad/rows.hpp"
#include "validate/plan.hpp"

namespace adagrad::validate {

// What does not change from step to step, for a table.
template <class T>
struct row_plan {
  plan<T> rule;  // its `plain`: one kernel does it all, for either kind of accumulators; never `fast`
  bool rowwise;
  duplicate_rule duplicates;
  std::optional<std::int64_t> padding_index;
  double group_lasso;
};

// Throws std::invalid_argument when an option is bad. `in_optimizer`: accepts what only an optimizer does (lazy terms, counter_halflife, constraints on norms),
// which is checked on its own and is no part of the plan.
template <class T>
row_plan<T> make_row_plan(const update_options& rule, const row_options& rows, const std::string* parameter = nullptr,
                          bool in_optimizer = false);

const char* name_of(lazy_term lazy) noexcept;

// A view: no width of 0, a stride of at least the width, no null pointer with rows, no more than memory holds.
template <class T>
void view(const char* field, rows_view<const T> view, const std::string* parameter = nullptr);

// The two of a stateless call: shapes that belong together, no element in common (interleaved ones with the same stride are fine).
template <class T>
void table(rows_view<const T> table, rows_view<const T> accumulators, row_accumulators kind);

// Everything of a batch but the indices themselves, for a table of such a width. A batch of nothing may leave its view of gradients empty.
template <class T>
void gradients(const row_gradients<T>& gradients, std::size_t width, const std::string* parameter = nullptr);
template <class T>
void gradients(const bag_gradients<T>& gradients, std::size_t width, const std::string* parameter = nullptr);

// That what a batch is read from, indices and weights too, lies apart from a view that is written.
template <class T>
void apart(const char* field, rows_view<const T> written, const row_gradients<T>& gradients, const std::string* parameter = nullptr);
template <class T>
void apart(const char* field, rows_view<const T> written, const bag_gradients<T>& gradients, const std::string* parameter = nullptr);

// Where the first of indices[begin, end) stands that is not in [0, rows); `end` where all are. Quick.
std::size_t find_bad_index(const row_indices& indices, std::size_t begin, std::size_t end, std::size_t rows) noexcept;
// The refusal of that one.
[[noreturn]] void fail_index(const row_indices& indices, std::size_t position, std::size_t rows, const std::string* parameter = nullptr);

// padding_index is one of the table's rows.
void padding(const row_options& rows, std::size_t table_rows, const std::string* parameter = nullptr);

}  // namespace adagrad::validate
