// What died processes have left is removed, what others are writing is not.
#include "checkpoint/leftovers.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctest/doctest.h"
#include "support/failing_calls.hpp"
#include "support/folder.hpp"
#include "support/refusal.hpp"
#include "support/saved_file.hpp"

using namespace adagrad::checkpoint;
using namespace adagrad::test;

TEST_CASE("leftovers: of dead processes they are removed, those that are being written and other files stay") {
  const folder here;
  const pid_t dead = dead_process();
  const std::vector<std::string> strangers = {temporary_of(dead, "file.5"),
                                              temporary_of(dead, "other"),
                                              temporary_of(dead, "fil"),
                                              "." + std::string("file.tmp"),
                                              ".file.1.tmp",
                                              ".file.x.1.tmp",
                                              ".file.1.x.tmp",
                                              ".file.1.1.tmp.tmp",
                                              ".file.-1.1.tmp",
                                              ".file.1.1.1.tmp",
                                              "file.1.1.tmp",
                                              ".file.99999999999999999999.1.tmp",
                                              ".file.1..tmp",
                                              ".file..1.tmp"};
  for (const std::string& name : strangers) make_file(here / name, "a stranger's");
  std::filesystem::create_directory(here / temporary_of(dead, "file", 7));
  std::filesystem::create_symlink(here / "file.5", here / temporary_of(dead, "file", 8));
  make_file(here / temporary_of(dead, "file"), "left over");
  make_file(here / temporary_of(dead, "file", 2), "left over");
  // The number of a dead process may be given again, in a container at once: without a lock it is left over nonetheless.
  make_file(here / temporary_of(getpid(), "file"), "left over");
  const std::size_t descriptors = open_descriptors();
  CHECK(remove_leftovers(here / "file") == 3);
  CHECK(remove_leftovers(here / "file") == 0);
  CHECK(here.names().size() == strangers.size() + 2);
  {
    atomic_file first(here / "file");
    atomic_file second(here / "file");
    first.write("first", 5);
    second.write("second", 6);
    CHECK(remove_leftovers(here / "file") == 0);
    CHECK(here.names().size() == strangers.size() + 4);
    first.commit();
    CHECK(content(here / "file") == "first");
    second.commit();
  }
  CHECK(content(here / "file") == "second");
  CHECK(here.names().size() == strangers.size() + 3);
  CHECK(open_descriptors() == descriptors);
}

TEST_CASE("another process's temporary file stays while it lives, and goes when it has died") {
  const folder here;
  int ready[2];
  REQUIRE(pipe2(ready, O_CLOEXEC) == 0);
  const pid_t child = fork();
  if (child == 0) {
    atomic_file file(here / "file");
    if (write(ready[1], "r", 1) == 1) pause();
    _exit(1);
  }
  char byte = 0;
  CHECK(read(ready[0], &byte, 1) == 1);
  save(here / "file", "ours");
  CHECK(here.names().size() == 2);
  CHECK(kill(child, SIGKILL) == 0);
  CHECK(waitpid(child, nullptr, 0) == child);
  CHECK(here.names().size() == 2);
  save(here / "file", "ours again");
  CHECK(here.names() == std::vector<std::string>{"file"});
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("a file that is locked stays though its process does not exist here: it may be another container's") {
  const folder here;
  const std::string theirs = temporary_of(dead_process(), "file");
  make_file(here / theirs, "being written");
  const descriptor writer(open((here / theirs).c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(flock(writer.get(), LOCK_EX) == 0);
  save(here / "file", "ours");
  CHECK(here.names() == std::vector<std::string>{theirs, "file"});
}

TEST_CASE("where the file system has no locks, the number of the process decides") {
  const folder here;
  make_file(here / temporary_of(dead_process(), "file"), "left over");
  make_file(here / temporary_of(getpid(), "file"), "being written");
  system_calls without_locks = real_calls;
  without_locks.flock = [](int, int) { return errno = ENOLCK, -1; };
  replace_calls(&without_locks);
  const std::size_t removed = remove_leftovers(here / "file");
  save(here / "file", "new");
  replace_calls(nullptr);
  CHECK(removed == 1);
  CHECK(here.names() == std::vector<std::string>{temporary_of(getpid(), "file"), "file"});
}

TEST_CASE("a file that is being written is never taken for left over, from its lock to its name") {
  const folder here;
  const std::string path = here / "file";
  const std::string bytes = varied_bytes(1'100'000, 3);
  make_file(path, "old");
  bool looking = false, locked = false;
  std::size_t looks = 0, removed = 0;
  const disturb now({.seen = [&](call which) {
    if (looking) return;
    if (locked) {
      looking = true;
      removed += remove_leftovers(path);
      ++looks;
      looking = false;
    }
    locked = locked || which == call::duplicate;  // what comes after the lock
  }});
  save(path, bytes);
  CHECK(removed == 0);
  CHECK(looks > 8);
  CHECK((content(path) == bytes));
}

TEST_CASE("one that is removed before it was locked is made again") {
  const folder here;
  const std::string path = here / "file";
  for (const long times : {1L, 5L, 1000L}) {
    bool looking = false;
    std::size_t removed = 0;
    const std::size_t descriptors = open_descriptors();
    {
      const disturb now({.seen = [&](call which) {
        if (looking || which != call::flock || removed == static_cast<std::size_t>(times)) return;
        looking = true;
        removed += remove_leftovers(path);
        looking = false;
      }});
      const std::string message = file_failure_of([&] { save(path, std::to_string(times)); });
      if (times < 100) CHECK(message.empty());
      else CHECK(holds_all(message, {": create: File exists", "untouched"}));  // it does not try for ever
    }
    CHECK(removed == std::min<std::size_t>(static_cast<std::size_t>(times), 101));
    CHECK(content(path) == std::to_string(std::min(times, 5L)));
    CHECK(here.names() == std::vector<std::string>{"file"});
    CHECK(open_descriptors() == descriptors);
  }
}
