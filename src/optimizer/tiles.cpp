#include "optimizer/tiles.hpp"

#include <algorithm>

namespace adagrad {
namespace {

// What a parameter costs beside its bytes, in bytes: about 20 ns for being looked at and for the call of its kernel.
constexpr std::size_t each_parameter = 256;

}  // namespace

void tile_list::clear() noexcept {
  ends_.clear();
  bytes_ = tiles_ = 0;
}

void tile_list::append(std::size_t elements, std::size_t element_size, std::size_t tile_bytes) noexcept {
  const std::size_t bytes = elements * element_size, before = ends_.empty() ? 0 : ends_.back().cost;
  bytes_ += bytes;
  tiles_ += (bytes + tile_bytes - 1) / tile_bytes;
  ends_.push_back({before + (elements > 0 ? bytes + each_parameter : 0), elements, element_size, tile_bytes});
}

position tile_list::edge(std::size_t index, std::size_t parts) const noexcept {
  if (index == 0 || ends_.empty()) return {0, 0};
  if (index >= parts) return {ends_.size() - 1, ends_.back().elements};
  const std::size_t total = ends_.back().cost, share = total / parts, rest = total % parts;
  if (total == 0) return {0, 0};
  const std::size_t target = share * index + rest * index / parts;
  const auto found = std::upper_bound(ends_.begin(), ends_.end(), target, [](std::size_t cost, const end& e) { return cost < e.cost; });
  const auto parameter = static_cast<std::size_t>(found - ends_.begin());
  const std::size_t offset = target - (parameter == 0 ? 0 : ends_[parameter - 1].cost);
  const std::size_t tile = std::max<std::size_t>(1, found->tile_bytes / found->element_size);
  return {parameter, std::min(offset / found->tile_bytes * tile, found->elements)};
}

}  // namespace adagrad
