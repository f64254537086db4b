// A file that is read at any place, and that may be changed by others meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "checkpoint/system_calls.hpp"

namespace adagrad::checkpoint {

// Two of them are equal when they are of one file that nobody has changed in between. Times are as fine as the file system keeps them.
struct file_identity {
  std::uint64_t device, inode, size;
  std::int64_t modified_seconds, modified_nanoseconds;
  bool operator==(const file_identity&) const = default;
};

// Every call throws file_failure when the system refuses it.
class input_file {
 public:
  // Refuses what is not a regular file: a pipe or a device has no size, and reading one might wait for ever.
  explicit input_file(const std::string& path);

  const std::string& path() const noexcept { return path_; }
  std::uint64_t size() const noexcept { return identity_.size; }        // when it was opened
  const file_identity& identity() const noexcept { return identity_; }  // when it was opened
  // Whether nobody has written to it since. One that was replaced under its name is another file: this one is still read.
  bool unchanged() const;

  // All of the bytes, or file_failure: also when the file ends too early, because it was cut off after it was opened.
  void read_at(std::uint64_t offset, void* buffer, std::size_t bytes) const;

 private:
  file_identity identify() const;

  std::string path_;
  descriptor file_;
  file_identity identity_{};
};

}  // namespace adagrad::checkpoint
