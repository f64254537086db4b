// Saving a file as its users do, and what a failure says.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "checkpoint/atomic_file.hpp"
#include "checkpoint/file_failure.hpp"

namespace adagrad::test {

inline void save(const std::string& path, const std::string& bytes) {
  checkpoint::atomic_file file(path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

// The message of the file_failure that the call throws; empty when it throws none.
template <class Call>
std::string file_failure_of(const Call& call) {
  try {
    call();
  } catch (const checkpoint::file_failure& failed) {
    return failed.what();
  }
  return {};
}

// The number of a process that has ended.
inline pid_t dead_process() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  if (waitpid(child, nullptr, 0) != child) throw std::runtime_error("the child cannot be waited for");
  return child;
}

inline std::string temporary_of(pid_t process, const std::string& name, int number = 1) {
  return "." + name + "." + std::to_string(process) + "." + std::to_string(number) + ".tmp";
}

}  // namespace adagrad::test
