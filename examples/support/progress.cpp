#include "progress.hpp"

#include <unistd.h>

#include <cstdio>

namespace example {

progress::progress(unsigned epochs, std::size_t items_an_epoch, const char* items)
    : terminal_(isatty(STDOUT_FILENO) != 0), epochs_(epochs), items_an_epoch_(items_an_epoch), items_(items) {}

void progress::advance(std::size_t items) {
  done_ += items;
  if (!terminal_ || since_shown_.seconds() < 0.5) {
    return;
  }
  const std::size_t epoch = (done_ - 1) / items_an_epoch_, total = epochs_ * items_an_epoch_;
  const double seconds_left = time_.seconds() / static_cast<double>(done_) * static_cast<double>(total - done_);
  std::printf("\r\033[Kepoch %2zu: %zu of %zu %s, about %.0f s left for all epochs", epoch + 1, done_ - epoch * items_an_epoch_,
              items_an_epoch_, items_, seconds_left);
  std::fflush(stdout);
  since_shown_ = {};
  shown_ = true;
}

void progress::clear() {
  if (shown_) {
    std::printf("\r\033[K");
    shown_ = false;
  }
}

}  // namespace example
