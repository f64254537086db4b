// What is thrown when a file of a checkpoint cannot be written or read: "adagrad: cannot write PATH: OPERATION: ERROR: remedy, what is there now".
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

namespace adagrad::checkpoint {

class file_failure : public std::runtime_error {
 public:
  // `operation` must live as long as the program.
  file_failure(const std::string& message, const char* operation, const std::string& path, int error);

  int error() const noexcept { return error_; }  // errno's value; 0 where no call has failed
  const char* operation() const noexcept { return operation_; }
  const std::string& path() const noexcept { return *path_; }

 private:
  std::shared_ptr<const std::string> path_;  // exceptions are copied, and a copy must not throw
  const char* operation_;
  int error_;
};

// `now` says what the file is after the failure.
[[noreturn]] void cannot_write(const std::string& path, const char* operation, int error, const char* now);
[[noreturn]] void cannot_read(const std::string& path, const char* operation, int error);
// For what no error number says.
[[noreturn]] void cannot_write(const std::string& path, const char* operation, const std::string& reason);
[[noreturn]] void cannot_read(const std::string& path, const char* operation, const std::string& reason);

// "a folder", "a pipe" ... for st_mode.
const char* kind_of_file(unsigned mode) noexcept;

}  // namespace adagrad::checkpoint
