#include "checkpoint/file_failure.hpp"

#include <errno.h>
#include <sys/stat.h>

#include <system_error>

namespace adagrad::checkpoint {
namespace {

const char* remedy(int error, bool writing) {
  switch (error) {
    case ENOSPC: return "free some space";
    case EDQUOT: return "free some of your quota";
    case EROFS: return "choose a file system that is not mounted read-only";
    case EFBIG: return "choose a file system that holds such large files, or raise ulimit -f";
    case EACCES:
    case EPERM: return writing ? "allow this user to write to the folder, or choose another" : "allow this user to read the file";
    case ENOENT: return writing ? "make the folder first" : "check the path";
    case EISDIR: return "name a file in that folder";
    case ENOTDIR: return "check the path: a part of it is no folder";
    case ELOOP: return "mend the symbolic links, which go in circles";
    case ENAMETOOLONG: return "choose a shorter name";
    case EMFILE:
    case ENFILE: return "close some files, or raise ulimit -n";
    case EIO: return "look for disk errors in the system's log";
    case EINVAL: return "check the path";
    default: return nullptr;
  }
}

std::string sentence(const char* verb, const std::string& path, const char* operation, const std::string& reason) {
  return "adagrad: cannot " + std::string(verb) + " " + path.c_str() + ": " + operation + ": " + reason;
}

std::string explained(int error, bool writing) {
  const char* help = remedy(error, writing);
  return std::generic_category().message(error) + (help ? std::string(": ") + help : std::string());
}

}  // namespace

file_failure::file_failure(const std::string& message, const char* operation, const std::string& path, int error)
    : std::runtime_error(message), path_(std::make_shared<const std::string>(path)), operation_(operation), error_(error) {}

void cannot_write(const std::string& path, const char* operation, int error, const char* now) {
  throw file_failure(sentence("write", path, operation, explained(error, true)) + ", " + now, operation, path, error);
}

void cannot_write(const std::string& path, const char* operation, const std::string& reason) {
  throw file_failure(sentence("write", path, operation, reason), operation, path, 0);
}

void cannot_read(const std::string& path, const char* operation, int error) {
  throw file_failure(sentence("read", path, operation, explained(error, false)), operation, path, error);
}

void cannot_read(const std::string& path, const char* operation, const std::string& reason) {
  throw file_failure(sentence("read", path, operation, reason), operation, path, 0);
}

const char* kind_of_file(unsigned mode) noexcept {
  switch (mode & S_IFMT) {
    case S_IFREG: return "a regular file";
    case S_IFDIR: return "a folder";
    case S_IFIFO: return "a pipe";
    case S_IFSOCK: return "a socket";
    case S_IFCHR:
    case S_IFBLK: return "a device";
    case S_IFLNK: return "a symbolic link";
    default: return "of an unknown kind";
  }
}

}  // namespace adagrad::checkpoint
