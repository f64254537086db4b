// Files are read at any place, and every way in which that cannot be done says what is wrong.
#include "checkpoint/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctest/doctest.h"
#include "support/failing_calls.hpp"
#include "support/folder.hpp"
#include "support/refusal.hpp"
#include "support/saved_file.hpp"

using namespace adagrad::checkpoint;
using namespace adagrad::test;

TEST_CASE("any part of a file, also when the system gives a few bytes at a time and signals arrive") {
  const folder here;
  const std::string path = here / "file", bytes = varied_bytes(100'000, 1);
  make_file(path, bytes);
  for (const std::size_t at_most : {0u, 1u, 4096u, 7777u})
    for (const bool interrupted : {false, true}) {
      const disturb now({.interrupted = interrupted, .at_most = at_most});
      const input_file file(path);
      CHECK(file.path() == path);
      CHECK(file.size() == bytes.size());
      for (const std::size_t offset : {0u, 1u, 50'000u, 99'999u, 100'000u})
        for (const std::size_t count : {0u, 1u, 1000u, 50'000u}) {
          if (offset + count > bytes.size()) continue;
          std::string part(count, '\0');
          file.read_at(offset, part.data(), count);
          CHECK(part == bytes.substr(offset, count));
        }
    }
}

TEST_CASE("what lies behind the end is refused, whatever the numbers are") {
  const folder here;
  const std::string path = here / "file";
  make_file(path, varied_bytes(1000, 2));
  const input_file file(path);
  char buffer[16];
  const auto refused = [&](std::uint64_t offset, std::size_t bytes) {
    return holds_all(file_failure_of([&] { file.read_at(offset, buffer, bytes); }),
                     {"cannot read ", path.c_str(), "the file ends at byte 1000"});
  };
  CHECK(refused(1000, 1));
  CHECK(refused(1001, 0));
  CHECK(refused(990, 11));
  CHECK(refused(UINT64_MAX, 1));
  CHECK(refused(1, SIZE_MAX));
  CHECK(refused(UINT64_MAX, SIZE_MAX));
}

TEST_CASE("a file that is cut off while it is read, and one that is changed or replaced") {
  const folder here;
  const std::string path = here / "file";
  make_file(path, varied_bytes(1000, 3));
  const input_file file(path);
  CHECK(file.unchanged());
  char buffer[1000];
  CHECK(truncate(path.c_str(), 600) == 0);
  CHECK_FALSE(file.unchanged());
  file.read_at(0, buffer, 600);
  CHECK(holds_all(file_failure_of([&] { file.read_at(500, buffer, 200); }), {"the file ends at byte 600", "cut off while it was read"}));

  make_file(path, varied_bytes(1000, 4));
  const input_file same_size(path);
  CHECK(same_size.identity() == input_file(path).identity());
  const timespec later[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, {.tv_sec = 2'000'000'000, .tv_nsec = 1}};
  CHECK(utimensat(AT_FDCWD, path.c_str(), later, 0) == 0);
  CHECK_FALSE(same_size.unchanged());
  CHECK(input_file(path).identity().modified_seconds == 2'000'000'000);
  CHECK(same_size.identity() != input_file(path).identity());

  const input_file old(path);
  make_file(here / "other", "other");
  std::filesystem::rename(here / "other", path);
  old.read_at(0, buffer, 1000);
  CHECK(old.unchanged());
  CHECK(std::string(buffer, 1000) == varied_bytes(1000, 4));
  CHECK(old.identity() != input_file(path).identity());
}

TEST_CASE("what is no regular file is refused by its kind, at once") {
  const folder here;
  const std::size_t descriptors = open_descriptors();
  const std::string pipe = here / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(holds_all(file_failure_of([&] { input_file file(pipe); }), {pipe.c_str(), "it is a pipe, not a regular file"}));
  CHECK(holds_all(file_failure_of([&] { input_file file(here.path()); }), {"it is a folder, not a regular file"}));
  CHECK(holds_all(file_failure_of([&] { input_file file("/dev/null"); }), {"it is a device, not a regular file"}));
  CHECK(holds_all(file_failure_of([&] { input_file file(here / "missing"); }), {"open: No such file or directory: check the path"}));
  CHECK(holds_all(file_failure_of([&] { input_file file(""); }), {"No such file"}));
  CHECK(holds_all(file_failure_of([&] { input_file file(pipe + std::string("\0x", 2)); }), {"open: Invalid argument"}));
  CHECK(open_descriptors() == descriptors);
}

TEST_CASE("each call failing in turn: the message names it, and no descriptor is left") {
  const folder here;
  const std::string path = here / "file", bytes = varied_bytes(5000, 5);
  make_file(path, bytes);
  const std::size_t descriptors = open_descriptors();
  std::size_t failures = 0;
  for (std::size_t which = 0; which < call_names.size(); ++which)
    for (long turn = 0;; ++turn) {
      INFO(call_names[which] << " " << turn);
      const disturb now({.failing = static_cast<call>(which), .failing_at = turn, .error = EIO, .at_most = 2000});
      std::string read(bytes.size(), '\0');
      const std::string message = file_failure_of([&] {
        const input_file file(path);
        file.read_at(0, read.data(), read.size());
        if (!file.unchanged()) throw std::runtime_error("it changed");
      });
      if (!message.empty()) {
        ++failures;
        const std::string name = which == static_cast<std::size_t>(call::pread) ? "read" : call_names[which];
        CHECK(message == "adagrad: cannot read " + path + ": " + name + ": Input/output error: look for disk errors in the system's log");
      } else {
        CHECK(read == bytes);
      }
      CHECK(open_descriptors() == descriptors);
      if (now.made(static_cast<call>(which)) <= turn) break;
    }
  CHECK(failures == 6);  // open, fstat twice, pread three times
}
