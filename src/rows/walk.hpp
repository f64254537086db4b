// Goes through the appearances of a part and gives, one after the other, the rows to update with the gradient that each has by then.
#pragma once

#include <algorithm>

#include "rows/job.hpp"

namespace adagrad::rows {

template <class T>
class walk {
 public:
  // `sums` has room for as many gradients as rows are kept before they are used up.
  walk(const job<T>& job, std::size_t begin, std::size_t end, T* sums, std::size_t kept)
      : job_(job),
        typed_(kernels::of_type<T>(*job.kernels)),
        k_(begin),
        end_(end),
        padding_(job.plan.padding_index ? static_cast<std::size_t>(*job.plan.padding_index) : ~std::size_t(0)),
        sums_(sums),
        kept_(kept),
        asks_(job.appearances.sorted()) {}

  // Whether there is another row.
  bool next(kernels::row<T>& row) {
    while (k_ < end_ && job_.appearances.row(k_) == padding_) ++k_;
    if (k_ == end_) return false;
    const std::size_t number = job_.appearances.row(k_);
    first_ = k_;
    std::size_t behind = k_ + 1;
    if (job_.combines())
      while (behind < end_ && job_.appearances.row(behind) == number) ++behind;
    row.parameters = job_.table.data + number * job_.table.stride;
    row.accumulators = job_.accumulators.data + number * job_.accumulators.stride;
    if (behind - k_ == 1) {
      ask(k_ + ahead);
      const std::size_t position = job_.appearances.position(k_);
      row.gradients = job_.gradients.at(position);
      row.factor = job_.gradients.factor(position);
    } else {
      T* const sum = sums_ + given_ % kept_ * job_.width();
      add_up(k_, behind, sum);
      row.gradients = sum;
      row.factor = 1;
    }
    ++given_;
    k_ = behind;
    return true;
  }

  // The next rows, at most `room` of them; fewer where there are no more.
  std::size_t fill(kernels::row<T>* rows, std::size_t room) {
    if (!job_.combines() && !job_.appearances.sorted()) {
      const row_indices& given = job_.appearances.given();
      return given.wide() ? fill_as_given(static_cast<const std::int64_t*>(given.data()), rows, room)
                          : fill_as_given(static_cast<const std::int32_t*>(given.data()), rows, room);
    }
    std::size_t count = 0;
    while (count < room && next(rows[count])) ++count;
    return count;
  }

  // Of the row given last: the first of its appearances in the order, and its number.
  std::size_t first() const noexcept { return first_; }
  std::size_t number() const noexcept { return job_.appearances.row(first_); }

 private:
  static constexpr std::size_t ahead = 16, together = 64;

  // For short rows, next() would take a fifth of the time of their updates.
  template <class Index>
  std::size_t fill_as_given(const Index* indices, kernels::row<T>* rows, std::size_t room) {
    std::size_t count = 0;
    for (; k_ < end_ && count < room; ++k_) {
      const auto number = static_cast<std::size_t>(indices[k_]);
      if (number == padding_) continue;
      rows[count++] = {job_.table.data + number * job_.table.stride, job_.accumulators.data + number * job_.accumulators.stride,
                       job_.gradients.at(k_), job_.gradients.factor(k_)};
    }
    return count;
  }

  // The values of rows that are in order lie anywhere.
  void ask(std::size_t k) const {
    if (!asks_ || k >= end_) return;
    const char* const g = reinterpret_cast<const char*>(job_.gradients.at(job_.appearances.position(k)));
    for (std::size_t line = 0; line < std::min<std::size_t>(job_.width() * sizeof(T), 1024); line += 64) __builtin_prefetch(g + line);
  }

  // In their order, a few at a time: the sum so far is the first of the next few.
  void add_up(std::size_t begin, std::size_t end, T* sum) const {
    const T* values[together];
    T factors[together];
    const T divisor = job_.plan.duplicates == duplicate_rule::mean ? static_cast<T>(end - begin) : T(1);
    for (std::size_t k = begin; k < end;) {
      std::size_t count = 0;
      if (k > begin) values[0] = sum, factors[0] = 1, count = 1;
      for (; count < together && k < end; ++count, ++k) {
        ask(k + ahead);
        const std::size_t position = job_.appearances.position(k);
        values[count] = job_.gradients.at(position);
        factors[count] = job_.gradients.factor(position);
      }
      typed_.combine(sum, values, job_.gradients.factors != nullptr ? factors : nullptr, count, job_.width(), k < end ? T(1) : divisor);
    }
  }

  const job<T>& job_;
  const kernels::typed_table<T>& typed_;
  std::size_t k_, end_, padding_, given_ = 0, first_ = 0;
  T* sums_;
  std::size_t kept_;
  bool asks_;
};

}  // namespace adagrad::rows
