// Whatever fails while a file is saved: the old file is untouched, nothing is left behind, and the message says what failed and what to do.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "doctest/doctest.h"
#include "support/failing_calls.hpp"
#include "support/folder.hpp"
#include "support/refusal.hpp"
#include "support/saved_file.hpp"

using namespace adagrad::checkpoint;
using namespace adagrad::test;

namespace {

const char* const untouched = ", the file that was there before is untouched";

// What a message calls the operation.
std::string operation_of(call which) {
  static const std::map<call, std::string> others = {{call::open, "open the folder"}, {call::openat, "create"}, {call::renameat, "rename"}};
  const auto found = others.find(which);
  return found == others.end() ? call_names[static_cast<std::size_t>(which)] : found->second;
}

bool holds_temporaries_of(const folder& here, pid_t process) {
  for (const std::string& name : here.names())
    if (name.starts_with(".file." + std::to_string(process) + ".")) return true;
  return false;
}

}  // namespace

TEST_CASE("each call failing in turn, for each of several reasons, with an old file and without") {
  const std::string old = varied_bytes(3000, 1), fresh = varied_bytes(1'100'000, 2);
  const pid_t dead = dead_process();
  const folder here;
  const std::string path = here / "file";
  std::map<std::string, long> failures;
  for (const int error : {EIO, ENOSPC, EACCES})
    for (const bool existed : {true, false})
      for (std::size_t which = 0; which < call_names.size(); ++which)
        for (long turn = 0;; ++turn) {
          INFO(std::string(call_names[which]) << " " << turn << ", error " << error << (existed ? ", old file" : ", no old file"));
          std::filesystem::remove(path);
          if (existed) make_file(path, old);
          make_file(here / temporary_of(dead, "file"), "left over");
          const std::size_t descriptors = open_descriptors();
          std::string message;
          int told = 0;
          bool made = false;
          {
            const disturb now({.failing = static_cast<call>(which), .failing_at = turn, .error = error, .at_most = 600'000});
            try {
              atomic_file file(path);
              file.write(old.data(), old.size());
              file.write(fresh.data(), fresh.size());
              file.write(old.data(), old.size());
              file.commit();
            } catch (const file_failure& failed) {
              message = failed.what();
              told = failed.error();
              CHECK(failed.path() == path);
              CHECK(message.find(": " + std::string(failed.operation()) + ": ") != std::string::npos);
            }
            made = now.made(static_cast<call>(which)) > turn;
          }
          CHECK(open_descriptors() == descriptors);
          CHECK_FALSE(holds_temporaries_of(here, getpid()));
          const bool in_place = message.find(": fsync of the folder: ") != std::string::npos;
          if (message.empty() || in_place) {
            CHECK((content(path) == old + fresh + old));
            CHECK(here.names().size() <= 2);  // the other's is still there when it was its turn that failed
          } else {
            CHECK(std::filesystem::exists(path) == existed);
            if (existed) CHECK((content(path) == old));
          }
          if (!message.empty()) {
            ++failures[call_names[which]];
            CHECK(told == error);
            CHECK(holds_all(message, {"adagrad: cannot write ", path.c_str(), (": " + operation_of(static_cast<call>(which))).c_str(),
                                      error == ENOSPC ? ": No space left on device: free some space, "
                                      : error == EIO  ? ": Input/output error: look for disk errors in the system's log, "
                                                      : ": Permission denied: allow this user to write to the folder, or choose another, ",
                                      in_place ? "the new file is in place, but may not survive a power failure"
                                      : which <= static_cast<std::size_t>(call::readlink) ? ", "
                                      : existed                                           ? untouched
                                                                                          : ", "}));
          }
          if (!made) break;
        }
  for (const auto& [name, count] : failures) MESSAGE(name << " made " << count << " runs fail");
  // With an old file and without, for three errors: those that every save rests on have failed each time.
  for (const char* name : {"open", "readlink", "duplicate", "renameat"}) CHECK(failures[name] == 6);
  CHECK(failures["fsync"] == 12);
  CHECK(failures["write"] == 24);  // the first small piece, two of the large one, the last small piece
  CHECK(failures["fchmod"] == 3);
  // Only the first that closes the file is an error, among those of folders and of what was left over.
  CHECK(failures["close"] == 6);
  for (const char* wish : {"fchown", "flock", "begin_writeback", "unlinkat", "getdents", "kill"}) CHECK(failures[wish] == 0);
}

TEST_CASE("the message of a full disk, word for word") {
  const folder here;
  const std::string path = here / "file";
  make_file(path, "old");
  const disturb now({.failing = call::fsync, .error = ENOSPC});
  CHECK(file_failure_of([&] { save(path, "new"); }) == "adagrad: cannot write " + path +
                                                           ": fsync: No space left on device: free some space, the file that was there "
                                                           "before is untouched");
}

TEST_CASE("folders that cannot be brought to the disk by themselves are no failure") {
  const folder here;
  const disturb now({.failing = call::fsync, .failing_at = 1, .error = EINVAL});
  save(here / "file", "new");
  CHECK(content(here / "file") == "new");
}

TEST_CASE("a write that makes no progress ends") {
  const folder here;
  make_file(here / "file", "old");
  system_calls idle = real_calls;
  idle.write = [](int, const void*, std::size_t) { return ssize_t{0}; };
  replace_calls(&idle);
  const std::string message = file_failure_of([&] { save(here / "file", "new"); });
  replace_calls(nullptr);
  CHECK(holds_all(message, {": write: Input/output error", untouched}));
  CHECK(here.names() == std::vector<std::string>{"file"});
}

TEST_CASE("a failed object can only be destroyed") {
  const folder here;
  const std::string bytes = varied_bytes(3'000'000, 3);
  const disturb now({.failing = call::write, .error = ENOSPC});
  atomic_file file(here / "file");
  CHECK_THROWS_AS(file.write(bytes.data(), bytes.size()), file_failure);
  CHECK(here.names().empty());
  CHECK_THROWS_AS(file.write(bytes.data(), bytes.size()), std::logic_error);
  CHECK_THROWS_AS(file.commit(), std::logic_error);
  CHECK(here.names().empty());
}

TEST_CASE("a folder that this user must not write to") {
  const folder here;
  make_file(here / "file", "old");
  REQUIRE(chmod(here.path().c_str(), 0555) == 0);
  // Root may write everywhere: somebody else tries.
  const bool root = geteuid() == 0;
  if (root && seteuid(65'534) != 0) {
    MESSAGE("root, and cannot become another user: left out");
    return;
  }
  const std::string message = file_failure_of([&] { save(here / "file", "new"); });
  if (root) REQUIRE(seteuid(0) == 0);
  CHECK(holds_all(message, {": create: Permission denied: allow this user to write to the folder", untouched}));
  CHECK(chmod(here.path().c_str(), 0755) == 0);
  CHECK(content(here / "file") == "old");
  CHECK(here.names() == std::vector<std::string>{"file"});
}

TEST_CASE("a limit on the size of files") {
  const folder here;
  const std::string path = here / "file", bytes = varied_bytes(3'000'000, 4);
  make_file(path, "old");
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto old_action = signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{.rlim_cur = 1'234'567, .rlim_max = before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  const std::string message = file_failure_of([&] { save(path, bytes); });
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  signal(SIGXFSZ, old_action);
  CHECK(holds_all(message, {": write: File too large: ", "ulimit -f", untouched}));
  CHECK(content(path) == "old");
  CHECK(here.names() == std::vector<std::string>{"file"});
}

TEST_CASE("a disk that is full") {
  const folder here;
  // In a view of the mounts that only this process has, and that ends with it.
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", here.path().c_str(), "tmpfs", 0, "size=2m") != 0) {
    MESSAGE("this process must not mount: a disk that is really full is left out");
    return;
  }
  const std::string path = here / "file", bytes = varied_bytes(3'000'000, 5);
  save(path, "old");
  CHECK(holds_all(file_failure_of([&] { save(path, bytes); }), {": write: No space left on device: free some space", untouched}));
  CHECK(content(path) == "old");
  CHECK(here.names() == std::vector<std::string>{"file"});
  save(path, bytes.substr(0, 1'900'000));  // there is as much space as before
  CHECK(umount(here.path().c_str()) == 0);
}
