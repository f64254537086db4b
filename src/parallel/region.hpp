// Runs tasks side by side: on OpenMP's threads, on a caller's executor, or one after the other. The only room that knows OpenMP.
#pragma once

#include <cstddef>

#include "adagrad/parallel.hpp"

namespace adagrad::parallel {

// How many ways work that moves `bytes` bytes is to be split, as `how` asks: 1 below the serial threshold.
unsigned ways(const threading& how, std::size_t bytes) noexcept;

// Calls task(context, i) once for each i in [0, tasks), on up to `tasks` threads; returns how many threads ran (executor: tasks).
// The team may be smaller than asked (thread limits, nesting); all tasks run all the same. Tasks must not throw.
unsigned run(const threading& how, std::size_t tasks, void (*task)(void* context, std::size_t index), void* context);

// Part i of `parts` of `count` elements: as even as whole blocks of `block` elements allow.
struct range {
  std::size_t begin, end;
};
range part(std::size_t count, std::size_t parts, std::size_t index, std::size_t block) noexcept;

}  // namespace adagrad::parallel
