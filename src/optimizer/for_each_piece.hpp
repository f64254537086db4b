// The walk over one part of a list of tiles.
#pragma once

#include "optimizer/state.hpp"

namespace adagrad {

template <class Body>
void optimizer::state::for_each_piece(const tile_list& of, std::size_t index, std::size_t parts, const Body& body) const {
  if (parameters.empty()) return;
  const position begin = of.edge(index, parts), end = of.edge(index + 1, parts);
  for (std::size_t i = begin.parameter; i <= end.parameter; ++i) {
    const std::size_t first = i == begin.parameter ? begin.element : 0, last = i == end.parameter ? end.element : of.elements(i);
    if (first < last) body(parameters[i], first, last);
  }
}

}  // namespace adagrad
