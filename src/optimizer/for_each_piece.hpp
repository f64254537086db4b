// The walk over one part of the list of tiles.
#pragma once

#include "optimizer/state.hpp"

namespace adagrad {

template <class Body>
void optimizer::state::for_each_piece(std::size_t index, std::size_t parts, const Body& body) const {
  if (parameters.empty()) return;
  const position begin = tiles.edge(index, parts), end = tiles.edge(index + 1, parts);
  for (std::size_t i = begin.parameter; i <= end.parameter; ++i) {
    const std::size_t first = i == begin.parameter ? begin.element : 0, last = i == end.parameter ? end.element : tiles.elements(i);
    if (first < last) body(parameters[i], first, last);
  }
}

}  // namespace adagrad
