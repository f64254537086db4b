#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "adagrad/parallel.hpp"
#include "parallel/forked.hpp"
#include "parallel/quota.hpp"

namespace adagrad {
namespace {

int allowed_processors() noexcept {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::thread::hardware_concurrency());  // more processors than a cpu_set_t holds
}

// Read once: a quota seldom changes, and files are slow.
int quota_processors() noexcept {
  static const int processors = [] {
    try {
      const auto quota = parallel::cpu_quota();
      return quota ? static_cast<int>(std::clamp(*quota, 1.0, 4096.0)) : 4096;
    } catch (...) {
      return 4096;
    }
  }();
  return processors;
}

}  // namespace

unsigned default_threads() noexcept {
  if (omp_in_parallel() || parallel::in_forked_child()) return 1;
  int threads = std::min(omp_get_max_threads(), omp_get_thread_limit());
  static const bool number_is_set = std::getenv("OMP_NUM_THREADS") != nullptr;  // OpenMP too reads it once
  if (!number_is_set) threads = std::min({threads, allowed_processors(), quota_processors()});
  return static_cast<unsigned>(std::clamp(threads, 1, 4096));
}

}  // namespace adagrad
