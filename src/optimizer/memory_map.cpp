#include "optimizer/memory_map.hpp"

#include <algorithm>

namespace adagrad {
namespace {

bool begins_before(const memory_range& a, const memory_range& b) { return a.begin < b.begin; }

}  // namespace

const memory_range* memory_map::find(const memory_range& range) const noexcept {
  if (range.begin == range.end) return nullptr;
  // They do not overlap each other, so that the last one that begins before the end of `range` is the only one to look at.
  const auto behind =
      std::lower_bound(ranges_.begin(), ranges_.end(), range.end, [](const memory_range& r, std::uintptr_t end) { return r.begin < end; });
  return behind != ranges_.begin() && behind[-1].end > range.begin ? &behind[-1] : nullptr;
}

void memory_map::insert(const memory_range& range) {
  if (range.begin == range.end) return;
  ranges_.insert(std::upper_bound(ranges_.begin(), ranges_.end(), range, begins_before), range);
}

void memory_map::push(const memory_range& range) {
  if (range.begin != range.end) ranges_.push_back(range);
}

const memory_range* memory_map::sort() noexcept {
  std::sort(ranges_.begin(), ranges_.end(), begins_before);
  for (std::size_t i = 1; i < ranges_.size(); ++i)
    if (ranges_[i].begin < ranges_[i - 1].end) return &ranges_[i];
  return nullptr;
}

}  // namespace adagrad
