/// Threads: how many a step uses, and how a trainer lends its own.
#pragma once

#include <cstddef>
#include <optional>

#include "adagrad/api.hpp"

namespace adagrad {

/// A caller's own thread pool. `run(pool, tasks, task, context)` must call `task(context, i)` exactly once for each i in [0, tasks), in any
/// order and on any threads, and return when all are done. Tasks never throw, do not wait for each other and use little stack. `run` must not
/// throw either: that would leave a step half done.
/// `update` borrows it for the length of the call, an optimizer keeps a copy of this struct. In a forked child it is used as ever, though its threads
/// may be gone.
struct executor {
  unsigned width;  ///< how many tasks the pool runs side by side; at least 1
  void* pool;      ///< passed through, may be null
  void (*run)(void* pool, std::size_t tasks, void (*task)(void* context, std::size_t index), void* context);
};

/// How the work of one call is spread.
struct threading {
  /// Number of threads; 0 takes default_threads(). An explicit number is not reduced by affinity or CPU quota. At most 4096; OpenMP ends the
  /// process if it cannot start as many.
  /// With `pool`, the number of tasks it is given; 0 takes the pool's width.
  unsigned threads = 0;
  /// Calls that move fewer bytes than this run on the calling thread alone (a float step moves 20 bytes an element, a double step 40).
  /// Empty takes default_serial_below. 0 spreads whatever can be: work is
  /// handed out in tiles of 4,096 bytes of parameters (1,024 floats or 512 doubles), so that no more threads run than there are tiles.
  std::optional<std::size_t> serial_below{};
  /// A pool to use in place of OpenMP's threads; null for none.
  const executor* pool = nullptr;
};

/// The size from which a second thread pays between the computations of a trainer, measured there: 250,000 floats. In a loop of nothing but
/// steps it pays from 400,000 bytes on. But a trainer that computes on one thread finds the other asleep or out of step, and then fetches
/// from the other processor's cache what that thread wrote. Where the trainer computes on the same OpenMP threads, a smaller number is better.
inline constexpr std::size_t default_serial_below = 5'000'000;

/// The number of threads used where none is given. OMP_NUM_THREADS, if set, decides alone (within OMP_THREAD_LIMIT); otherwise the
/// smallest of: omp_get_max_threads(), OMP_THREAD_LIMIT, the processors this thread may run on, and the CPU quota of the control group (read
/// once; rounded down, at least 1: a thread that the quota stops makes all others wait). 1 inside a parallel region, and 1 in a
/// process forked after the library was loaded, because OpenMP's threads do not survive a fork. Thread-safe.
ADAGRAD_API unsigned default_threads() noexcept;

}  // namespace adagrad
