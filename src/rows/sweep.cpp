// A part of a table's rows, on one thread: rows are queued, so that the kernel knows which ones come next.
#include <algorithm>

#include "rows/job.hpp"
#include "rows/walk.hpp"

namespace adagrad::rows {
namespace {

// Sums of gradients of the queue fill at most two thirds of the first cache. Measured: short rows are through before a longer queue is filled.
constexpr std::size_t queue_bytes = 32 << 10, short_row = 256;

template <class T>
class queue {
 public:
  queue(const job<T>& job, T* prepared, std::size_t ahead) : job_(job), prepared_(prepared), ahead_(ahead) {
    step_ = job.plan.rule.step;
    step_.learning_rate = job.now.learning_rate;
    const bool one_kernel = job.plan.rule.plain && job.now.plain && job.care == nullptr && job.group_lasso == 0;
    quick_ = one_kernel && (!job.plan.rowwise || job.width() <= kernels::longest_together);
  }

  void run(const kernels::row<T>* rows, std::size_t count, std::size_t known) {
    const auto& typed = kernels::of_type<T>(*job_.kernels);
    if (!quick_) {
      for (std::size_t k = 0; k < count; ++k) {
        if (k + near < known) ask(rows[k + near]);
        update_row(job_, rows[k], prepared_, rows[k].parameters != last_);
        last_ = rows[k].parameters;
      }
    } else if (!job_.plan.rowwise) {
      typed.update_rows({rows, count, known, job_.width(), ahead_}, step_);
    } else {
      for (std::size_t k = 0; k < count; ++k) {
        std::size_t done = 0;
        typed.update_rows_together({rows + k, count - k, known - k, job_.width(), ahead_}, step_, &done);
        k += done;
        if (k < count) update_row(job_, rows[k], prepared_, true);  // its squares are out of range
      }
    }
  }

 private:
  static constexpr std::size_t near = 4;

  void ask(const kernels::row<T>& row) const {
    const std::size_t bytes = std::min<std::size_t>(job_.width() * sizeof(T), 1024);
    for (std::size_t line = 0; line < bytes; line += 64) {
      __builtin_prefetch(reinterpret_cast<const char*>(row.parameters) + line);
      if (!job_.plan.rowwise || line == 0) __builtin_prefetch(reinterpret_cast<const char*>(row.accumulators) + line);
    }
  }

  const job<T>& job_;
  T* prepared_;
  std::size_t ahead_;
  kernels::dense_step<T> step_;
  bool quick_;
  const T* last_ = nullptr;  // row
};

}  // namespace

std::size_t queue_length(std::size_t row_bytes) noexcept {
  return std::clamp<std::size_t>(queue_bytes / row_bytes, 8, row_bytes < short_row ? longest_queue / 2 : longest_queue);
}

template <class T>
void sweep(const job<T>& job, std::size_t begin, std::size_t end, T* scratch) noexcept {
  const std::size_t length = queue_length(job.width() * sizeof(T)), ahead = length / 2;
  queue<T> work(job, scratch + length * job.width(), ahead);
  walk<T> from(job, begin, end, scratch, length);
  kernels::row<T> queued[longest_queue];
  std::size_t known = 0;
  bool more = begin < end;
  while (more || known > 0) {
    if (more) {
      known += from.fill(queued + known, length - known);
      more = known == length;
    }
    const std::size_t count = more ? known - ahead : known;
    work.run(queued, count, known);
    std::copy(queued + count, queued + known, queued);
    known -= count;
  }
}

template void sweep<float>(const job<float>&, std::size_t, std::size_t, float*) noexcept;
template void sweep<double>(const job<double>&, std::size_t, std::size_t, double*) noexcept;

}  // namespace adagrad::rows
