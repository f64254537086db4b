#include "parallel/region.hpp"

#include <omp.h>

#include <algorithm>

#include "parallel/forked.hpp"

namespace adagrad::parallel {

unsigned ways(const threading& how, std::size_t bytes) noexcept {
  if (bytes < how.serial_below.value_or(default_serial_below)) return 1;
  if (how.threads > 0) return how.threads;
  return how.pool != nullptr ? how.pool->width : default_threads();
}

unsigned run(const threading& how, std::size_t tasks, void (*task)(void*, std::size_t), void* context) {
  if (tasks > 1 && how.pool != nullptr) {
    how.pool->run(how.pool->pool, tasks, task, context);
    return static_cast<unsigned>(tasks);
  }
  unsigned team = 1;
  if (tasks <= 1 || in_forked_child()) {
    for (std::size_t i = 0; i < tasks; ++i) task(context, i);
  } else {
#pragma omp parallel num_threads(static_cast <int>(tasks))
    {
      const auto members = static_cast<std::size_t>(omp_get_num_threads());
      const auto member = static_cast<std::size_t>(omp_get_thread_num());
      for (std::size_t i = member; i < tasks; i += members) task(context, i);
      if (member == 0) team = static_cast<unsigned>(members);
    }
  }
  return team;
}

range part(std::size_t count, std::size_t parts, std::size_t index, std::size_t block) noexcept {
  const std::size_t blocks = count / block + (count % block != 0), share = blocks / parts, extra = blocks % parts;
  const auto edge = [&](std::size_t i) { return std::min(count, (i * share + std::min(i, extra)) * block); };
  return {edge(index), edge(index + 1)};
}

}  // namespace adagrad::parallel
