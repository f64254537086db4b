// What the files of checkpoints ask of the system. Everything goes through one table, so that tests can make any call fail.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <utility>

namespace adagrad::checkpoint {

// Results and errno are the system's own.
struct system_calls {
  int (*open)(const char* path, int flags);
  int (*openat)(int folder, const char* name, int flags, mode_t mode);
  ssize_t (*readlink)(const char* path, char* target, std::size_t size);
  int (*fstat)(int file, struct stat* status);
  int (*fstatat)(int folder, const char* name, struct stat* status, int flags);
  int (*fchmod)(int file, mode_t mode);
  int (*fchown)(int file, uid_t owner, gid_t group);
  int (*flock)(int file, int operation);
  int (*duplicate)(int file);  // the copy is closed by exec, too
  ssize_t (*write)(int file, const void* data, std::size_t bytes);
  ssize_t (*pread)(int file, void* data, std::size_t bytes, off_t offset);
  int (*begin_writeback)(int file, off_t offset, off_t bytes);
  int (*read_sequentially)(int file);  // returns an error, does not set errno
  int (*fsync)(int file);
  int (*close)(int file);
  int (*renameat)(int folder, const char* from, int other_folder, const char* to);
  int (*unlinkat)(int folder, const char* name, int flags);
  ssize_t (*getdents)(int folder, void* entries, std::size_t bytes);
  int (*kill)(pid_t process, int signal);
};

extern const system_calls real_calls;

// The table in use: the real calls, unless a test has put others there (null: the real ones again).
const system_calls& calls() noexcept;
void replace_calls(const system_calls* others) noexcept;

// Repeats a call that a signal has interrupted. Not for close: Linux has closed the descriptor by then.
template <class Call>
auto uninterrupted(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// All bytes, however few the system takes at a time; false: see errno.
bool write_all(int file, const void* data, std::size_t bytes) noexcept;
// As many bytes as there are, at most `bytes`; below 0: see errno.
ssize_t read_all(int file, void* data, std::size_t bytes, off_t offset) noexcept;

// Owns a file descriptor.
class descriptor {
 public:
  explicit descriptor(int number = -1) noexcept : number_(number) {}
  ~descriptor() { (void)close(); }
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }
  // False: see errno. It is closed in either case; a second call does nothing.
  bool close() noexcept;

 private:
  int number_;
};

}  // namespace adagrad::checkpoint
