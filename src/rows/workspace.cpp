#include "adagrad/rows.hpp"
#include "rows/buffers.hpp"

namespace adagrad {

rows_workspace::rows_workspace() noexcept = default;
rows_workspace::~rows_workspace() = default;
rows_workspace::rows_workspace(rows_workspace&&) noexcept = default;
rows_workspace& rows_workspace::operator=(rows_workspace&&) noexcept = default;

std::size_t rows_workspace::bytes() const noexcept {
  if (buffers_ == nullptr) return 0;
  const buffers& b = *buffers_;
  return b.items[0].bytes() + b.items[1].bytes() + b.histograms.bytes() + b.gradients.bytes() + b.factors.bytes() + b.rows.bytes() +
         b.sums.bytes() + b.findings.bytes();
}

rows_workspace::buffers& rows_workspace::get() {
  if (buffers_ == nullptr) buffers_ = std::make_unique<buffers>();
  return *buffers_;
}

}  // namespace adagrad
