// The order in which the appearances of rows are gone through: as they are given, or by row and, of one row, as they are given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "adagrad/parallel.hpp"
#include "adagrad/rows.hpp"
#include "rows/buffers.hpp"

namespace adagrad::rows {

// One appearance of a row.
template <class Number>
struct appearance {
  Number row, position;
};

class order {
 public:
  order() = default;
  explicit order(const row_indices& indices) : indices_(indices) {}

  // Stable radix sort by row, in `parts` parts side by side. Throws std::bad_alloc.
  void sort(std::size_t table_rows, rows_workspace::buffers& memory, std::size_t parts, const threading& how);

  const row_indices& given() const noexcept { return indices_; }
  std::size_t size() const noexcept { return indices_.size(); }
  bool sorted() const noexcept { return narrow_ != nullptr || wide_ != nullptr; }
  std::size_t row(std::size_t k) const noexcept {
    return narrow_ != nullptr ? narrow_[k].row : wide_ != nullptr ? wide_[k].row : static_cast<std::size_t>(indices_[k]);
  }
  // Where in the indices it stands.
  std::size_t position(std::size_t k) const noexcept {
    return narrow_ != nullptr ? narrow_[k].position : wide_ != nullptr ? wide_[k].position : k;
  }
  // Where part `index` of `parts` begins: at equal shares, and where sorted between two rows, so that each row has one owner.
  std::size_t edge(std::size_t index, std::size_t parts) const noexcept;

 private:
  row_indices indices_{};
  const appearance<std::uint32_t>* narrow_ = nullptr;
  const appearance<std::uint64_t>* wide_ = nullptr;
};

// That no row but the padding appears twice, as the caller promises with duplicate_rule::unique.
void check_unique(const row_indices& indices, std::size_t table_rows, const std::optional<std::int64_t>& padding,
                  rows_workspace::buffers& memory, const std::string* parameter = nullptr);

}  // namespace adagrad::rows
