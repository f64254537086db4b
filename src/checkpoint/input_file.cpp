#include "checkpoint/input_file.hpp"

#include <fcntl.h>

#include "checkpoint/file_failure.hpp"

namespace adagrad::checkpoint {

input_file::input_file(const std::string& path) : path_(path) {
  if (path.find('\0') != std::string::npos) cannot_read(path_, "open", EINVAL);
  // Without O_NONBLOCK, opening a pipe would wait for somebody who writes to it.
  file_ = descriptor(uninterrupted([&] { return calls().open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); }));
  if (!file_) cannot_read(path_, "open", errno);
  identity_ = identify();
  (void)calls().read_sequentially(file_.get());  // a wish
}

file_identity input_file::identify() const {
  struct stat status;
  if (calls().fstat(file_.get(), &status) != 0) cannot_read(path_, "fstat", errno);
  if (!S_ISREG(status.st_mode))
    cannot_read(path_, "open", "it is " + std::string(kind_of_file(status.st_mode)) + ", not a regular file: name a file");
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .modified_seconds = status.st_mtim.tv_sec,
          .modified_nanoseconds = status.st_mtim.tv_nsec};
}

bool input_file::unchanged() const { return identify() == identity_; }

void input_file::read_at(std::uint64_t offset, void* buffer, std::size_t bytes) const {
  const auto ends_at = [&](std::uint64_t end, const char* why) {
    cannot_read(path_, "read",
                "the file ends at byte " + std::to_string(end) + ", and " + std::to_string(bytes) + " bytes from byte " +
                    std::to_string(offset) + " on were asked for: " + why);
  };
  if (offset > size() || bytes > size() - offset) ends_at(size(), "was it copied completely?");
  const ssize_t got = read_all(file_.get(), buffer, bytes, static_cast<off_t>(offset));
  if (got < 0) cannot_read(path_, "read", errno);
  if (static_cast<std::size_t>(got) < bytes) ends_at(offset + static_cast<std::uint64_t>(got), "it was cut off while it was read");
}

}  // namespace adagrad::checkpoint
