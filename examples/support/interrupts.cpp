#include <csignal>

#include "saved_training.hpp"

namespace example {
namespace {

volatile std::sig_atomic_t interrupts = 0;

void count(int) {
  interrupts = 1;
  std::signal(SIGINT, SIG_DFL);
}

}  // namespace

void notice_interrupts() { std::signal(SIGINT, count); }
bool was_interrupted() noexcept { return interrupts != 0; }

}  // namespace example
