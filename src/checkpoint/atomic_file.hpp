// A file that is either there as a whole or not at all, whatever happens while it is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "checkpoint/system_calls.hpp"

namespace adagrad::checkpoint {

// Writes to a temporary file in the same folder, and puts it in the place of the file when all is on the disk. Until then, and when anything fails,
// the file that was there before stays as it is; a process that dies leaves a temporary file, which the next one removes.
//
// Where `path` is a symbolic link, the file that it points to is replaced. The new file has the old one's permissions (a new one: 0666 less the umask),
// and its owner and group where this process may give them; other hard links to the old file keep the old content. The folder must be writable; the
// old file itself need not be.
//
// The calls throw file_failure or std::bad_alloc; the temporary file is gone then, and the object can only be destroyed.
class atomic_file {
 public:
  // Also removes what died processes have left for this file.
  explicit atomic_file(const std::string& path);
  // Without commit: removes the temporary file.
  ~atomic_file();
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;

  // Large arrays go to the system as they are, small ones are gathered.
  void write(const void* data, std::size_t bytes);
  // On return the file survives a power failure. When the very last step fails, the new file is in place, and the message says what may be lost.
  void commit();

 private:
  void create();
  void keep_permissions(const struct stat& old);
  void put(const void* data, std::size_t bytes);
  void flush();
  void discard() noexcept;
  void must_be_open() const;
  [[noreturn]] void fail(const char* operation);

  std::string path_, name_, temporary_;  // the last is empty while there is none
  descriptor folder_, file_, lock_;      // the last two share the lock that says that the temporary file is not left over
  std::unique_ptr<std::byte[]> gathered_;
  std::size_t gathered_bytes_ = 0;
  std::uint64_t written_ = 0;
  bool existed_ = false;
};

}  // namespace adagrad::checkpoint
