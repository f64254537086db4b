// Puts itself between the files of checkpoints and the system: counts calls, lets them fail, be interrupted or cut short, or kills the process there.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "checkpoint/system_calls.hpp"

#define ADAGRAD_TEST_CALLS(X)                                                                                                      \
  X(open)                                                                                                                          \
  X(openat)                                                                                                                        \
  X(readlink)                                                                                                                      \
  X(fstat) X(fstatat) X(fchmod) X(fchown) X(flock) X(duplicate) X(write) X(pread) X(begin_writeback) X(read_sequentially) X(fsync) \
      X(close) X(renameat) X(unlinkat) X(getdents) X(kill)

namespace adagrad::test {

enum class call {
#define ADAGRAD_TEST_NAME(name) name,
  ADAGRAD_TEST_CALLS(ADAGRAD_TEST_NAME)
#undef ADAGRAD_TEST_NAME
      count
};

inline constexpr std::array call_names = {
#define ADAGRAD_TEST_NAME(name) #name,
    ADAGRAD_TEST_CALLS(ADAGRAD_TEST_NAME)
#undef ADAGRAD_TEST_NAME
};

// What is to happen; by default nothing. The counts begin at 0.
struct disturbance {
  call failing = call::count;  // which call fails ...
  long failing_at = 0;         // ... and at which of its turns
  int error = 0;
  long killed_at = -1;                  // the turn, counted over all calls, at which the process is killed ...
  bool after_the_call = false;          // ... once the call is done, or before it
  bool interrupted = false;             // every call that may be interrupted is, the first time
  std::size_t at_most = 0;              // bytes that are written or read at a time; 0: all
  std::function<void(call)> seen = {};  // told of each call before it is made
};

namespace disturbed {

inline disturbance now;
inline std::array<long, static_cast<std::size_t>(call::count)> made{};
inline long made_in_all = 0;
inline bool interrupt_next = true;

// close is never interrupted in a way that can be repeated; the others are wishes, or cannot wait.
inline bool may_be_interrupted(call which) {
  switch (which) {
    case call::open:
    case call::openat:
    case call::readlink:
    case call::flock:
    case call::write:
    case call::pread:
    case call::fsync:
    case call::renameat:
    case call::unlinkat:
    case call::getdents: return true;
    default: return false;
  }
}

template <call which, class Argument>
Argument shortened(Argument argument) {
  if constexpr ((which == call::write || which == call::pread) && std::is_same_v<Argument, std::size_t>)
    if (now.at_most > 0) return std::min(argument, now.at_most);
  return argument;
}

template <call which, auto member>
struct intercept;
template <call which, class Result, class... Arguments, Result (*checkpoint::system_calls::*member)(Arguments...)>
struct intercept<which, member> {
  static Result run(Arguments... arguments) {
    if (now.interrupted && may_be_interrupted(which)) {
      interrupt_next = !interrupt_next;
      if (!interrupt_next) return errno = EINTR, -1;
    }
    if (now.seen) now.seen(which);
    const long turn = made[static_cast<std::size_t>(which)]++, turn_in_all = made_in_all++;
    if (turn_in_all == now.killed_at && !now.after_the_call) ::raise(SIGKILL);
    const bool fails = which == now.failing && turn == now.failing_at;
    // A descriptor is closed even when close fails.
    const Result result =
        fails && which != call::close ? Result(-1) : (checkpoint::real_calls.*member)(shortened<which, Arguments>(arguments)...);
    if (turn_in_all == now.killed_at) ::raise(SIGKILL);
    if (!fails) return result;
    errno = now.error;
    return -1;
  }
};

inline constexpr checkpoint::system_calls table = {
#define ADAGRAD_TEST_ENTRY(name) .name = intercept<call::name, &checkpoint::system_calls::name>::run,
    ADAGRAD_TEST_CALLS(ADAGRAD_TEST_ENTRY)
#undef ADAGRAD_TEST_ENTRY
};

}  // namespace disturbed

// While it lives, the calls are disturbed.
class disturb {
 public:
  explicit disturb(disturbance how) {
    disturbed::now = std::move(how);
    disturbed::made.fill(0);
    disturbed::made_in_all = 0;
    disturbed::interrupt_next = true;
    checkpoint::replace_calls(&disturbed::table);
  }
  ~disturb() { checkpoint::replace_calls(nullptr); }
  disturb(const disturb&) = delete;
  disturb& operator=(const disturb&) = delete;

  long made(call which) const { return disturbed::made[static_cast<std::size_t>(which)]; }
};

}  // namespace adagrad::test
