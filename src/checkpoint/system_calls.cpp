#include "checkpoint/system_calls.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace adagrad::checkpoint {

// The functions with a variable list of arguments, and those that not every C library has, are called from here.
const system_calls real_calls = {
    .open = [](const char* path, int flags) { return ::open(path, flags); },
    .openat = [](int folder, const char* name, int flags, mode_t mode) { return ::openat(folder, name, flags, mode); },
    .readlink = [](const char* path, char* target, std::size_t size) { return ::readlink(path, target, size); },
    .fstat = [](int file, struct stat* status) { return ::fstat(file, status); },
    .fstatat = [](int folder, const char* name, struct stat* status, int flags) { return ::fstatat(folder, name, status, flags); },
    .fchmod = [](int file, mode_t mode) { return ::fchmod(file, mode); },
    .fchown = [](int file, uid_t owner, gid_t group) { return ::fchown(file, owner, group); },
    .flock = [](int file, int operation) { return ::flock(file, operation); },
    .duplicate = [](int file) { return ::fcntl(file, F_DUPFD_CLOEXEC, 0); },
    .write = [](int file, const void* data, std::size_t bytes) { return ::write(file, data, bytes); },
    .pread = [](int file, void* data, std::size_t bytes, off_t offset) { return ::pread(file, data, bytes, offset); },
    .begin_writeback = [](int file, off_t offset, off_t bytes) { return ::sync_file_range(file, offset, bytes, SYNC_FILE_RANGE_WRITE); },
    .read_sequentially = [](int file) { return ::posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL); },
    .fsync = [](int file) { return ::fsync(file); },
    .close = [](int file) { return ::close(file); },
    .renameat = [](int folder, const char* from, int other, const char* to) { return ::renameat(folder, from, other, to); },
    .unlinkat = [](int folder, const char* name, int flags) { return ::unlinkat(folder, name, flags); },
    .getdents = [](int folder, void* entries, std::size_t bytes) -> ssize_t { return ::syscall(SYS_getdents64, folder, entries, bytes); },
    .kill = [](pid_t process, int signal) { return ::kill(process, signal); },
};

namespace {

std::atomic<const system_calls*> in_use{&real_calls};

}  // namespace

const system_calls& calls() noexcept { return *in_use.load(std::memory_order_relaxed); }
void replace_calls(const system_calls* others) noexcept { in_use = others ? others : &real_calls; }

bool write_all(int file, const void* data, std::size_t bytes) noexcept {
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = uninterrupted([&] { return calls().write(file, from, bytes); });
    if (written < 0) return false;
    if (written == 0) {  // no error and no progress: must not go on for ever
      errno = EIO;
      return false;
    }
    from += written;
    bytes -= static_cast<std::size_t>(written);
  }
  return true;
}

ssize_t read_all(int file, void* data, std::size_t bytes, off_t offset) noexcept {
  char* to = static_cast<char*>(data);
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got = uninterrupted([&] { return calls().pread(file, to + done, bytes - done, offset + static_cast<off_t>(done)); });
    if (got < 0) return got;
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

bool descriptor::close() noexcept {
  if (number_ < 0) return true;
  const bool closed = calls().close(std::exchange(number_, -1)) == 0;
  return closed || errno == EINTR;
}

}  // namespace adagrad::checkpoint
