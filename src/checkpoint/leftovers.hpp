// The names of temporary files, and what becomes of those whose process has died.
#pragma once

#include <cstddef>
#include <string>

#include "checkpoint/system_calls.hpp"

namespace adagrad::checkpoint {

// Where a file is to lie: a name without '/' in a folder. Symbolic links are followed, also one that points to nothing yet.
struct file_target {
  std::string folder, name;
};

// Throws file_failure.
file_target find_target(const std::string& path);

// Another name at each call: .NAME.PROCESS.NUMBER.tmp, with a shorter NAME where it would be too long for a file system.
std::string next_temporary_name(const std::string& name);

// Whoever writes a temporary file keeps a lock on it, which ends with the process, and other machines and containers see it, too, where the
// file system tells them: one without a lock is left over. On a file system without locks, one whose process does not exist any more is.
// Returns how many were removed; what cannot be looked at or removed stays.
std::size_t remove_leftovers(const descriptor& folder, const std::string& name) noexcept(false);
// The same for the file at this path. Throws file_failure when the folder cannot be opened.
std::size_t remove_leftovers(const std::string& path);

// Locks a temporary file that was just made. False: somebody has taken it for left over and removed it before it was locked.
bool lock_temporary(const descriptor& folder, const std::string& temporary, const descriptor& file) noexcept;

// Throws file_failure.
descriptor open_folder(const file_target& target, const std::string& path);

}  // namespace adagrad::checkpoint
