// What is committed is there, what is not committed never was; links, permissions, the order of the calls.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>

#include "doctest/doctest.h"
#include "support/failing_calls.hpp"
#include "support/folder.hpp"
#include "support/refusal.hpp"
#include "support/saved_file.hpp"

using namespace adagrad::checkpoint;
using namespace adagrad::test;

namespace {

mode_t permissions(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("what is written in pieces of any size is one file, also when calls are interrupted and cut short") {
  const folder here;
  const std::string path = here / "file", bytes = varied_bytes(20'000'000, 1);
  std::mt19937_64 random(7);
  for (const bool disturbed : {false, true}) {
    const disturb now({.interrupted = disturbed, .at_most = disturbed ? 99'991U : 0U});
    const std::size_t descriptors = open_descriptors();
    {
      atomic_file file(path);
      for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t wish = random() % 4 == 0 ? random() % 12'000'000 : random() % 700'000;
        const std::size_t part = std::min(bytes.size() - at, wish);
        file.write(bytes.data() + at, part);
        at += part;
      }
      file.write(nullptr, 0);
      CHECK(std::filesystem::exists(path) == disturbed);  // not before the end
      file.commit();
      CHECK_THROWS_AS(file.write("x", 1), std::logic_error);
      CHECK_THROWS_AS(file.commit(), std::logic_error);
    }
    CHECK((content(path) == bytes));
    CHECK(here.names() == std::vector<std::string>{"file"});
    CHECK(open_descriptors() == descriptors);
    save(path, "old");
  }
}

TEST_CASE("sizes around those of the memory in which small writes are gathered") {
  const folder here;
  const std::string path = here / "file";
  constexpr std::size_t mib = std::size_t{1} << 20;
  for (const std::size_t first : {std::size_t{0}, std::size_t{1}, mib - 1, mib, mib + 1, 8 * mib, 8 * mib + 1})
    for (const std::size_t second : {std::size_t{0}, std::size_t{1}, mib - 1, mib, mib + 1}) {
      const std::string bytes = varied_bytes(first + second, 2);
      atomic_file file(path);
      file.write(bytes.data(), first);
      file.write(bytes.data() + first, second);
      file.commit();
      CHECK((content(path) == bytes));
    }
}

TEST_CASE("without commit nothing happens") {
  const folder here;
  const std::string path = here / "file";
  make_file(path, "old");
  {
    atomic_file file(path);
    file.write("new", 3);
    CHECK(here.names().size() == 2);
  }
  CHECK(content(path) == "old");
  CHECK(here.names() == std::vector<std::string>{"file"});
}

TEST_CASE("the file is on the disk before it gets its name, and its name is there before commit returns") {
  const folder here;
  std::string order;
  const disturb now({.seen = [&](call which) {
    if (which == call::write) order += 'w';
    if (which == call::fsync) order += 's';
    if (which == call::close) order += 'c';
    if (which == call::renameat) order += 'r';
  }});
  atomic_file file(here / "file");
  order.clear();
  file.write("new", 3);
  file.commit();
  CHECK(order == "wscrsc");  // the last closes the descriptor that holds the lock
}

TEST_CASE("permissions: the old file's, whatever they are; a new file's follow the umask") {
  const folder here;
  const std::string path = here / "file";
  for (const mode_t mask : {0022U, 0077U, 0U}) {
    std::filesystem::remove(path);
    const mode_t before = umask(mask);
    save(path, "new");
    umask(before);
    CHECK(permissions(path) == (0666U & ~mask));
  }
  for (const mode_t mode : {0600U, 0640U, 0444U, 0755U, 0666U}) {
    CHECK(chmod(path.c_str(), mode) == 0);
    {
      atomic_file file(path);
      for (const std::string& name : here.names()) CHECK(permissions(here / name) == mode);  // nobody may read more meanwhile
      file.commit();
    }
    CHECK(permissions(path) == mode);
  }
  if (geteuid() != 0) {
    MESSAGE("not root: whether the owner is kept is not looked at");
    return;
  }
  CHECK(chown(path.c_str(), 12'345, 54'321) == 0);
  save(path, "newer");
  struct stat status {};
  CHECK(stat(path.c_str(), &status) == 0);
  CHECK(status.st_uid == 12'345);
  CHECK(status.st_gid == 54'321);
}

TEST_CASE("paths: relative ones, the folder that was meant even when the process moves on, long names") {
  const folder here, elsewhere;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(here.path());
  {
    atomic_file file("file");
    std::filesystem::current_path(elsewhere.path());
    file.commit();
  }
  std::filesystem::current_path(before);
  CHECK(here.names() == std::vector<std::string>{"file"});
  CHECK(elsewhere.names().empty());
  // The longest name that there is, of one byte each and of two, and one that begins alike.
  std::string umlauts;
  while (umlauts.size() < 254) umlauts += "\xC3\xBC";
  for (const std::string& name : {std::string(255, 'n'), std::string(254, 'n') + "m", umlauts}) {
    make_file(elsewhere / name, "old");
    save(elsewhere / name, name);
  }
  CHECK(elsewhere.names().size() == 3);
  CHECK(content(elsewhere / umlauts) == umlauts);
  CHECK(content(elsewhere / std::string(255, 'n')) == std::string(255, 'n'));
}

TEST_CASE("a symbolic link stays, and what it points to is replaced, also when that is not there yet") {
  const folder here, elsewhere;
  make_file(elsewhere / "file", "old");
  std::filesystem::create_symlink(elsewhere / "file", here / "absolute");
  std::filesystem::create_symlink("absolute", here / "relative");
  std::filesystem::create_symlink("later", here / "dangling");
  save(here / "relative", "new");
  CHECK(content(elsewhere / "file") == "new");
  save(here / "dangling", "late");
  CHECK(content(here / "later") == "late");
  CHECK(std::filesystem::is_symlink(here / "relative"));
  CHECK(std::filesystem::is_symlink(here / "dangling"));
  CHECK(here.names() == std::vector<std::string>{"absolute", "dangling", "later", "relative"});
  CHECK(elsewhere.names() == std::vector<std::string>{"file"});
  std::filesystem::create_symlink("circle", here / "circle");
  CHECK(holds_all(file_failure_of([&] { save(here / "circle", "x"); }), {"circle: readlink: ", "mend the symbolic links"}));
}

TEST_CASE("what cannot be replaced is refused by name") {
  const folder here;
  const std::size_t descriptors = open_descriptors();
  const std::string pipe = here / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(holds_all(file_failure_of([&] { save(pipe, "x"); }), {"cannot write ", pipe.c_str(), "it is a pipe, not a regular file"}));
  CHECK(holds_all(file_failure_of([&] { save("/dev/null", "x"); }), {"it is a device"}));
  CHECK(holds_all(file_failure_of([&] { save(here.path(), "x"); }), {"it is a folder"}));
  CHECK(holds_all(file_failure_of([&] { save(here.path() + "/", "x"); }), {"open: Is a directory: name a file in that folder"}));
  CHECK(holds_all(file_failure_of([&] { save(here / "missing/file", "x"); }),
                  {"open the folder: No such file or directory: make the folder first"}));
  CHECK(holds_all(file_failure_of([&] { save(pipe + "/file", "x"); }), {"Not a directory: check the path"}));
  CHECK(holds_all(file_failure_of([&] { save(here / std::string(256, 'n'), "x"); }), {"File name too long: choose a shorter name"}));
  CHECK(holds_all(file_failure_of([&] { save("", "x"); }), {"No such file or directory"}));
  CHECK(holds_all(file_failure_of([&] { save(pipe + std::string("\0x", 2), "x"); }), {"open: Invalid argument"}));
  CHECK(here.names() == std::vector<std::string>{"pipe"});
  CHECK(open_descriptors() == descriptors);
}
