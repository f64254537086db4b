// Arrays shared out among threads, a caller's own where an optimizer has been lent some: digests and copies from the page cache wait for the processor, not for
// the disk.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "adagrad/parallel.hpp"

namespace adagrad::checkpoint {

// As many as an optimizer takes for its steps, where there is enough for each: starting one takes as long as some 100 kilobytes. At most 16, which memory keeps
// waiting, and each of which needs a buffer.
inline unsigned workers_for(const threading& how, std::size_t arrays, std::uint64_t bytes) noexcept {
  constexpr std::uint64_t worth_a_thread = std::uint64_t{8} << 20, most = 16;
  const std::uint64_t wanted = how.threads > 0 ? how.threads : how.pool != nullptr ? how.pool->width : default_threads();
  return static_cast<unsigned>(
      std::max<std::uint64_t>(1, std::min({wanted, most, static_cast<std::uint64_t>(arrays), bytes / worth_a_thread})));
}

// Runs work(worker) for each worker, which must not throw, at the same time as far as there are threads: one that cannot be started is done without.
template <class Work>
void run_workers(const executor* pool, unsigned workers, const Work& work) {
  if (pool != nullptr && workers > 1) {
    const auto task = [](void* context, std::size_t worker) { (*static_cast<const Work*>(context))(static_cast<unsigned>(worker)); };
    pool->run(pool->pool, workers, task, const_cast<Work*>(&work));
    return;
  }
  std::vector<std::jthread> others;
  try {
    others.reserve(workers - 1);
    for (unsigned worker = 1; worker < workers; ++worker) others.emplace_back(work, worker);
  } catch (const std::exception&) {}
  work(0);
}

// Calls body(i, worker) for each i below `count`; workers take them in order. Throws what the first call in that order threw that threw at all, others behind it may not have been
// made.
template <class Body>
void in_parallel(std::size_t count, unsigned workers, const executor* pool, const Body& body) {
  std::atomic<std::size_t> next{0};
  std::mutex failing;
  std::size_t failed = count;
  std::exception_ptr why;
  run_workers(pool, workers, [&](unsigned worker) noexcept {
    for (std::size_t i = next++; i < count; i = next++) try {
        body(i, worker);
      } catch (...) {
        next = count;
        const std::lock_guard lock(failing);
        if (i < failed) {
          failed = i;
          why = std::current_exception();
        }
      }
  });
  if (why) std::rethrow_exception(why);
}

}  // namespace adagrad::checkpoint
