#include "checkpoint/atomic_file.hpp"

#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "checkpoint/file_failure.hpp"
#include "checkpoint/leftovers.hpp"

namespace adagrad::checkpoint {
namespace {

constexpr std::size_t gather = std::size_t{1} << 20;  // bytes
constexpr std::size_t chunk = std::size_t{8} << 20;   // bytes; after each, the disk is told to begin with it
constexpr int most_names = 100;

}  // namespace

atomic_file::atomic_file(const std::string& path) : path_(path), gathered_(std::make_unique_for_overwrite<std::byte[]>(gather)) {
  file_target target = find_target(path);
  folder_ = open_folder(target, path);
  name_ = std::move(target.name);
  remove_leftovers(folder_, name_);
  create();
}

atomic_file::~atomic_file() { discard(); }

void atomic_file::create() {
  struct stat old;
  const bool found = calls().fstatat(folder_.get(), name_.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0;
  existed_ = found || errno != ENOENT;
  if (existed_ && !found) fail("fstatat");
  if (found && !S_ISREG(old.st_mode))
    cannot_write(path_, "open", "it is " + std::string(kind_of_file(old.st_mode)) + ", not a regular file: choose another name");
  // The old file may be for few eyes: so is the new one until it has the old one's permissions.
  const mode_t mode = existed_ ? 0600 : 0666;
  for (int attempt = 0; !lock_; ++attempt) {
    std::string name = next_temporary_name(name_);
    file_ = descriptor(uninterrupted(
        [&] { return calls().openat(folder_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode); }));
    if (!file_ && (errno != EEXIST || attempt == most_names)) fail("create");
    if (!file_) continue;
    temporary_.swap(name);
    if (!lock_temporary(folder_, temporary_, file_)) {
      discard();
      if (attempt < most_names) continue;
      errno = EEXIST;
      fail("create");
    }
    lock_ = descriptor(calls().duplicate(file_.get()));
    if (!lock_) fail("duplicate");
  }
  if (existed_) keep_permissions(old);
}

void atomic_file::keep_permissions(const struct stat& old) {
  struct stat made;
  if (calls().fstat(file_.get(), &made) != 0) fail("fstat");
  // Few may give files away, so that this is no reason not to save.
  if (made.st_uid != old.st_uid || made.st_gid != old.st_gid) (void)calls().fchown(file_.get(), old.st_uid, old.st_gid);
  if (calls().fchmod(file_.get(), old.st_mode & 0777) != 0) fail("fchmod");
}

void atomic_file::write(const void* data, std::size_t bytes) {
  must_be_open();
  if (bytes < gather) {
    const std::size_t part = std::min(bytes, gather - gathered_bytes_);
    if (bytes > 0) std::memcpy(gathered_.get() + gathered_bytes_, data, part);
    gathered_bytes_ += part;
    if (gathered_bytes_ < gather) return;
    flush();
    std::memcpy(gathered_.get(), static_cast<const std::byte*>(data) + part, bytes - part);
    gathered_bytes_ = bytes - part;
  } else {
    flush();
    put(data, bytes);
  }
}

void atomic_file::put(const void* data, std::size_t bytes) {
  const auto* from = static_cast<const std::byte*>(data);
  while (bytes > 0) {
    const std::size_t part = std::min(bytes, chunk);
    if (!write_all(file_.get(), from, part)) fail("write");
    // The disk works while the next chunk is copied. A wish: what goes wrong is told by fsync.
    (void)calls().begin_writeback(file_.get(), static_cast<off_t>(written_), static_cast<off_t>(part));
    written_ += part;
    from += part;
    bytes -= part;
  }
}

void atomic_file::flush() {
  put(gathered_.get(), gathered_bytes_);
  gathered_bytes_ = 0;
}

void atomic_file::commit() {
  must_be_open();
  flush();
  if (uninterrupted([&] { return calls().fsync(file_.get()); }) != 0) fail("fsync");
  // Some network file systems tell of errors only here. The second descriptor holds the lock until the file has its name.
  if (!file_.close()) fail("close");
  if (uninterrupted([&] { return calls().renameat(folder_.get(), temporary_.c_str(), folder_.get(), name_.c_str()); }) != 0) fail("rename");
  temporary_.clear();
  // Some file systems cannot do that to folders, and say EINVAL.
  const bool durable = uninterrupted([&] { return calls().fsync(folder_.get()); }) == 0 || errno == EINVAL;
  const int error = errno;
  discard();
  if (!durable) cannot_write(path_, "fsync of the folder", error, "the new file is in place, but may not survive a power failure");
}

void atomic_file::discard() noexcept {
  (void)file_.close();
  if (!temporary_.empty()) (void)uninterrupted([&] { return calls().unlinkat(folder_.get(), temporary_.c_str(), 0); });
  temporary_.clear();
  (void)lock_.close();
}

void atomic_file::must_be_open() const {
  if (!file_) throw std::logic_error("adagrad: " + path_ + " was committed already, or has failed: make another atomic_file");
}

void atomic_file::fail(const char* operation) {
  const int error = errno;
  discard();
  cannot_write(path_, operation, error, existed_ ? "the file that was there before is untouched" : "nothing is left behind");
}

}  // namespace adagrad::checkpoint
