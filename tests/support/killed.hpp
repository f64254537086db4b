// A process that saves again and again until it is killed, and what it has told of itself by then.
#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <new>
#include <string>

#include "doctest/doctest.h"
#include "support/size.hpp"

namespace adagrad::test {

// What the writer tells of itself, in memory that outlives it.
struct progress {
  std::atomic<std::uint64_t> begun, committed;
};

class shared_progress {
 public:
  shared_progress() {
    void* memory = mmap(nullptr, sizeof(progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    progress_ = new (memory) progress{};
  }
  ~shared_progress() { munmap(progress_, sizeof(progress)); }
  shared_progress(const shared_progress&) = delete;
  shared_progress& operator=(const shared_progress&) = delete;
  progress* operator->() const { return progress_; }

 private:
  progress* progress_;
};

inline bool was_killed(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WIFEXITED(status)) CHECK(WEXITSTATUS(status) == 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

// What stands behind --kills on the command line.
inline int kills_asked_for() {
  const auto arguments = [] {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  const std::string option("--kills\0", 8);
  const std::size_t at = arguments.find(option);
  return at == std::string::npos ? (thin ? 20 : 100) : std::atoi(arguments.c_str() + at + option.size());
}

// How long a call takes: for the choice of moments, no result depends on it.
template <class Call>
std::uint64_t nanoseconds_of(const Call& call) {
  timespec begin{}, end{};
  clock_gettime(CLOCK_MONOTONIC, &begin);
  call();
  clock_gettime(CLOCK_MONOTONIC, &end);
  return static_cast<std::uint64_t>((end.tv_sec - begin.tv_sec) * 1'000'000'000 + (end.tv_nsec - begin.tv_nsec));
}

inline void kill_after(pid_t child, std::uint64_t nanoseconds) {
  const timespec pause{.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000),
                       .tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000)};
  nanosleep(&pause, nullptr);
  REQUIRE(kill(child, SIGKILL) == 0);
  CHECK(was_killed(child));
}

}  // namespace adagrad::test
