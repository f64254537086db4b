#include "progress.hpp"

#include <unistd.h>

#include <cstdio>

namespace fashion {

progress::progress(unsigned epochs, std::size_t images_an_epoch)
    : terminal_(isatty(STDOUT_FILENO) != 0), epochs_(epochs), images_an_epoch_(images_an_epoch) {}

void progress::advance(std::size_t images) {
  done_ += images;
  if (!terminal_ || since_shown_.seconds() < 0.5) {
    return;
  }
  const std::size_t epoch = (done_ - 1) / images_an_epoch_, total = epochs_ * images_an_epoch_;
  const double seconds_left = time_.seconds() / static_cast<double>(done_) * static_cast<double>(total - done_);
  std::printf("\r\033[Kepoch %2zu: %zu of %zu images, about %.0f s left for all epochs", epoch + 1, done_ - epoch * images_an_epoch_,
              images_an_epoch_, seconds_left);
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

}  // namespace fashion
