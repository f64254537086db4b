/// Tables of embedding rows: updates of the rows that a batch touched, from one gradient for each appearance of a row, or for each bag of rows.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <type_traits>

#include "adagrad/api.hpp"
#include "adagrad/options.hpp"
#include "adagrad/parallel.hpp"
#include "adagrad/update.hpp"

namespace adagrad {

/// A matrix of somebody else's: `rows` rows of `width` elements each, the first elements of two neighbours `stride` elements apart (0: `width`). What lies
/// between rows is neither read nor written. Sizes are 64 bit: tables of more than 2^31 elements and 4 GiB work whatever the type of their indices.
template <class T>
struct rows_view {
  T* data = nullptr;
  std::size_t rows = 0, width = 0;
  std::size_t stride = 0;

  operator rows_view<const T>() const noexcept requires(!std::is_const_v<T>) { return {data, rows, width, stride}; }
};

/// Whole numbers of the caller's, std::int32_t or std::int64_t: numbers of rows, or places where bags begin. Made from a span, vector or array of them, which must
/// outlive it.
class row_indices {
 public:
  row_indices() = default;
  template <std::ranges::contiguous_range Range>
    requires(std::ranges::sized_range<Range> && (std::same_as<std::ranges::range_value_t<Range>, std::int32_t> ||
                                                 std::same_as<std::ranges::range_value_t<Range>, std::int64_t>))
  row_indices(const Range& range)
      : data_(std::ranges::data(range)),
        size_(std::ranges::size(range)),
        wide_(std::same_as<std::ranges::range_value_t<Range>, std::int64_t>) {}

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  bool wide() const noexcept { return wide_; }  ///< 64 bits each rather than 32
  const void* data() const noexcept { return data_; }
  std::int64_t operator[](std::size_t i) const noexcept {
    return wide_ ? static_cast<const std::int64_t*>(data_)[i] : static_cast<const std::int32_t*>(data_)[i];
  }

 private:
  const void* data_ = nullptr;
  std::size_t size_ = 0;
  bool wide_ = false;
};

/// The gradients of a batch: row i of `values` belongs to row indices[i] of the table.
template <class T>
struct row_gradients {
  row_indices indices{};
  rows_view<const T> values{};  ///< as many rows as there are indices, as wide as the table
};

/// What a bag makes of its rows: their sum, or their mean.
enum class pooling : unsigned char { sum, mean };

/// The gradients of a batch of embedding bags: bag b is the sum or mean of the table's rows indices[offsets[b]], ..., and has the one gradient row
/// gradients[b]. They count as if each index had a gradient of its own,
///     value(i) = factor(i) * gradients[bag of i],   factor(i) = weight(i) for sums, weight(i) / T(indices in the bag) for means,
/// each operation rounded; without `weights`, weight(i) is 1. These are never stored. A padding index counts among the indices of its bag.
template <class T>
struct bag_gradients {
  row_indices indices{};
  /// Where each bag begins in `indices`, and perhaps one more, where the last one ends (otherwise it ends with the indices). From 0 on, never smaller than the
  /// one before; equal ones make an empty bag.
  row_indices offsets{};
  rows_view<const T> gradients{};  ///< as many rows as there are bags, as wide as the table
  pooling pooled = pooling::sum;
  std::span<const T> weights{};  ///< one for each index (PyTorch's per_sample_weights), or none
};

/// What is done with an index that appears more than once in a call. All give the same bits for every number of threads.
enum class duplicate_rule : unsigned char {
  sum,   ///< the values of a row are added, in order of appearance, then one update (PyTorch, Keras, FBGEMM's table-batched embeddings)
  mean,  ///< the same sum, divided by T(appearances) (DGL)
  sequential,  ///< one update for each appearance, in their order (Caffe2, FBGEMM's kernels)
  unique,      ///< the caller promises that there are none; otherwise the result is undefined (builds without NDEBUG check it)
};

/// How many accumulators a row has.
enum class row_accumulators : unsigned char {
  elementwise,  ///< one for each element
  /// One: G = G + T(mean of the squares of the row's gradient), the squares and their sum in double, in the order of reference::sum_of_squares
  /// (FBGEMM's and DLRM's row-wise Adagrad). All elements of the row have the denominator H in common.
  rowwise,
};

/// Which term of the rule acts on rows without a gradient too. What such a row owes for the steps it missed is paid with the accumulators that it had then, before
/// its next update, or by optimizer::flush(); the result is that of acting on every row at every step, to within rounding. Other terms, and all of them
/// with `none`, act on the rows of a step only.
enum class lazy_term : unsigned char {
  none,
  decoupled_decay,  ///< update_options::weight_decay, decoupled; at all rates
  l1,               ///< update_options::proximal_l1, at all rates
  group_lasso,      ///< row_options::group_lasso, at all rates
  l2,               ///< update_options::proximal_l2, where the learning rate is a number
  elastic_net,      ///< proximal_l1 and proximal_l2, where the learning rate is a number
};

/// The choices that only tables have.
struct row_options {
  row_accumulators accumulators = row_accumulators::elementwise;
  duplicate_rule duplicates = duplicate_rule::sum;
  std::optional<std::int64_t> padding_index{};  ///< the row of the table that never moves; its gradients are not looked at
  /// Proximal term on whole rows (group lasso; Duchi, Hazan, Singer, JMLR 12, 2011, section 5.3): after the move, with n the l2 norm of the row,
  ///     w = w * (n == 0 ? 0 : max(1 - T(learning_rate * group_lasso) / (H * n), 0))
  /// where the accumulator in H is above 0. Finite and >= 0; 0 is none. Needs row-wise accumulators, and excludes proximal_l1 and proximal_l2.
  double group_lasso = 0;
  /// Optimizers only: which term acts on absent rows too; it must be set in the rule. See optimizer::add_table.
  lazy_term lazy = lazy_term::none;
  /// Optimizers only: coupled decay by T(weight_decay * counter_halflife / c), c the calls that touched the row, this one included (Caffe2's
  /// counter_halflife; frequent rows decay less). Finite and >= 0; 0 is off: weight_decay as it is.
  double counter_halflife = 0;
};

/// Memory that calls need for a while. One that is kept allocates nothing once it has seen the largest call. Movable; serves one call at a time.
class ADAGRAD_API rows_workspace {
 public:
  rows_workspace() noexcept;
  ~rows_workspace();
  rows_workspace(rows_workspace&&) noexcept;
  rows_workspace& operator=(rows_workspace&&) noexcept;
  std::size_t bytes() const noexcept;  ///< held at present

  struct buffers;  ///< of the library
  buffers& get();  ///< of the library

 private:
  std::unique_ptr<buffers> buffers_;
};

/// One Adagrad step on the rows of a table that `gradients` name, in place; every other row stays as it is. On each row what `update` does on an array, with
/// all of `rule` that looks at one element at a time, in this order: the values of a row are combined (see duplicate_rule) and prepared, then decay, accumulation,
/// move, proximal terms, constraint.
///
///     adagrad::update_rows({w.data(), 1'000'000, 64}, {G.data(), 1'000'000, 64}, {.indices = ids, .values = {g.data(), ids.size(), 64}}, 0.05);
///
/// - `accumulators` has the table's shape, or width 1 with row_accumulators::rowwise. Both may have strides, and may interleave, as [weights | accumulators]
///   row by row do, as long as no element of one is an element of the other. The caller owns all arrays; gradients, indices and weights are only read.
/// - All indices are in [0, rows), padding_index too. Every one is checked before anything is written; so is everything else:
///   std::invalid_argument names the argument, position, value and remedy. Memory that is missing gives std::bad_alloc, likewise before.
/// - In arithmetic::fast rows get the bits of `exact`: they wait for memory, not for roots.
/// - accumulate_rounding::one_rounding does not go with row-wise accumulators: a mean is no product.
/// - A bag with weights, or a mean, multiplies as bag_gradients says. Same bits as expanding them.
/// - Same bits for every instruction set and number of threads, and as reference::update_rows. Thread safety as `update`; a workspace of its own
///   for calls at the same time.
ADAGRAD_API update_report update_rows(rows_view<float> table, rows_view<float> accumulators, const row_gradients<float>& gradients,
                                      double learning_rate, const update_options& rule = {}, const row_options& rows = {},
                                      const threading& how = {});
ADAGRAD_API update_report update_rows(rows_view<double> table, rows_view<double> accumulators, const row_gradients<double>& gradients,
                                      double learning_rate, const update_options& rule = {}, const row_options& rows = {},
                                      const threading& how = {});
ADAGRAD_API update_report update_rows(rows_view<float> table, rows_view<float> accumulators, const bag_gradients<float>& gradients,
                                      double learning_rate, const update_options& rule = {}, const row_options& rows = {},
                                      const threading& how = {});
ADAGRAD_API update_report update_rows(rows_view<double> table, rows_view<double> accumulators, const bag_gradients<double>& gradients,
                                      double learning_rate, const update_options& rule = {}, const row_options& rows = {},
                                      const threading& how = {});

/// The same with memory that is kept from call to call.
ADAGRAD_API update_report update_rows(rows_workspace& scratch, rows_view<float> table, rows_view<float> accumulators,
                                      const row_gradients<float>& gradients, double learning_rate, const update_options& rule = {},
                                      const row_options& rows = {}, const threading& how = {});
ADAGRAD_API update_report update_rows(rows_workspace& scratch, rows_view<double> table, rows_view<double> accumulators,
                                      const row_gradients<double>& gradients, double learning_rate, const update_options& rule = {},
                                      const row_options& rows = {}, const threading& how = {});
ADAGRAD_API update_report update_rows(rows_workspace& scratch, rows_view<float> table, rows_view<float> accumulators,
                                      const bag_gradients<float>& gradients, double learning_rate, const update_options& rule = {},
                                      const row_options& rows = {}, const threading& how = {});
ADAGRAD_API update_report update_rows(rows_workspace& scratch, rows_view<double> table, rows_view<double> accumulators,
                                      const bag_gradients<double>& gradients, double learning_rate, const update_options& rule = {},
                                      const row_options& rows = {}, const threading& how = {});

}  // namespace adagrad
