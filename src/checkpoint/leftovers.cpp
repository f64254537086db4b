#include "checkpoint/leftovers.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "checkpoint/file_failure.hpp"

namespace adagrad::checkpoint {
namespace {

constexpr const char* nothing_changed = "nothing was written";
constexpr int most_links = 40;             // as many as Linux follows
constexpr std::size_t longest_stem = 180;  // bytes; file systems take names of 255

// The part of a temporary file's name that tells for which file it is.
std::string stem(const std::string& name) {
  if (name.size() <= longest_stem) return name;
  std::uint64_t hash = 14'695'981'039'346'656'037U;  // FNV-1a, for long names that begin alike
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  std::size_t end = longest_stem;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;  // not in the middle of a UTF-8 character
  return name.substr(0, end) + "~" + std::to_string(hash);
}

// The process that made this temporary file for the file with this stem; 0 when it is not one.
pid_t maker(std::string_view entry, std::string_view stem) {
  constexpr std::string_view ending = ".tmp";
  if (entry.size() < stem.size() + 2 + ending.size() || entry[0] != '.' || entry.substr(1, stem.size()) != stem ||
      entry[1 + stem.size()] != '.' || !entry.ends_with(ending))
    return 0;
  const std::string_view numbers = entry.substr(stem.size() + 2, entry.size() - stem.size() - 2 - ending.size());
  const char* const end = numbers.data() + numbers.size();
  pid_t process = 0;
  const auto first = std::from_chars(numbers.data(), end, process);
  if (first.ec != std::errc() || process <= 0 || first.ptr == end || *first.ptr != '.') return 0;
  std::uint64_t number = 0;
  const auto second = std::from_chars(first.ptr + 1, end, number);
  return second.ec == std::errc() && second.ptr == end ? process : 0;
}

// Whether the name still leads to this very file.
bool is_named(const descriptor& folder, const char* name, const descriptor& file) noexcept {
  struct stat opened, named;
  return calls().fstat(file.get(), &opened) == 0 && calls().fstatat(folder.get(), name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(opened.st_mode) && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

bool remove_if_left_over(const descriptor& folder, const char* name, pid_t process) noexcept {
  // For writing, because locks of network file systems ask for that.
  const descriptor file(uninterrupted([&] { return calls().openat(folder.get(), name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0); }));
  if (!file) return false;
  if (uninterrupted([&] { return calls().flock(file.get(), LOCK_EX | LOCK_NB); }) != 0 &&
      (errno == EWOULDBLOCK || calls().kill(process, 0) == 0 || errno != ESRCH))
    return false;
  // Under the lock: nobody else removes or renames it now.
  return is_named(folder, name, file) && calls().unlinkat(folder.get(), name, 0) == 0;
}

}  // namespace

file_target find_target(const std::string& path) {
  if (path.empty()) cannot_write(path, "open", ENOENT, nothing_changed);
  if (path.find('\0') != std::string::npos) cannot_write(path, "open", EINVAL, nothing_changed);
  std::string at = path;
  char link[PATH_MAX];
  for (int links = 0; links <= most_links; ++links) {
    const std::size_t slash = at.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : at.substr(0, slash);
    const ssize_t length = uninterrupted([&] { return calls().readlink(at.c_str(), link, sizeof link); });
    if (length < 0 && errno != EINVAL && errno != ENOENT) cannot_write(path, "readlink", errno, nothing_changed);
    if (length < 0) {
      std::string name = slash == std::string::npos ? at : at.substr(slash + 1);
      if (name.empty()) cannot_write(path, "open", EISDIR, nothing_changed);
      return {folder, std::move(name)};
    }
    if (length == sizeof link) cannot_write(path, "readlink", ENAMETOOLONG, nothing_changed);
    const std::string target(link, static_cast<std::size_t>(length));
    at = target.starts_with('/') ? target : folder + "/" + target;
  }
  cannot_write(path, "readlink", ELOOP, nothing_changed);
}

std::string next_temporary_name(const std::string& name) {
  // From the clock on: in containers, and on machines that share a file system, many processes have the same number.
  static std::atomic<std::uint64_t> numbers = [] {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
  }();
  return "." + stem(name) + "." + std::to_string(getpid()) + "." + std::to_string(numbers++) + ".tmp";
}

std::size_t remove_leftovers(const descriptor& folder, const std::string& name) {
  const std::string ours = stem(name);
  // A descriptor of its own, because reading moves its position.
  const descriptor list(uninterrupted([&] { return calls().openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0); }));
  if (!list) return 0;
  alignas(dirent64) char entries[16'384];
  std::size_t removed = 0;
  for (;;) {
    const ssize_t bytes = uninterrupted([&] { return calls().getdents(list.get(), entries, sizeof entries); });
    if (bytes <= 0) return removed;
    for (const char* at = entries; at < entries + bytes;) {
      const auto* entry = reinterpret_cast<const dirent64*>(at);
      at += entry->d_reclen;
      const pid_t process = maker(entry->d_name, ours);
      if (process != 0) removed += remove_if_left_over(folder, entry->d_name, process);
    }
  }
}

std::size_t remove_leftovers(const std::string& path) {
  const file_target target = find_target(path);
  return remove_leftovers(open_folder(target, path), target.name);
}

bool lock_temporary(const descriptor& folder, const std::string& temporary, const descriptor& file) noexcept {
  // A file system without locks is no reason not to save. Waits for somebody who is about to remove the file.
  (void)uninterrupted([&] { return calls().flock(file.get(), LOCK_EX); });
  return is_named(folder, temporary.c_str(), file);
}

descriptor open_folder(const file_target& target, const std::string& path) {
  descriptor folder(uninterrupted([&] { return calls().open(target.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!folder) cannot_write(path, "open the folder", errno, nothing_changed);
  return folder;
}

}  // namespace adagrad::checkpoint
