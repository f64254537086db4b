// Out of memory anywhere while a file is saved or read: std::bad_alloc, the old file is untouched, nothing is left behind.
#include "checkpoint/input_file.hpp"
#include "checkpoint/leftovers.hpp"
#include "doctest/doctest.h"
#include "support/counted_new.hpp"
#include "support/failing_calls.hpp"
#include "support/folder.hpp"
#include "support/saved_file.hpp"

using namespace adagrad::checkpoint;
using namespace adagrad::test;

namespace {

// Runs the call with ever more memory until it has enough: it throws std::bad_alloc each time before. Returns how often.
template <class Prepare, class Call, class Check>
int starve(const Prepare& prepare, const Call& call, const Check& check) {
  for (int allowed = 0; allowed < 1000; ++allowed) {
    prepare();
    const std::size_t descriptors = open_descriptors();
    bool starved = false;
    until_failure = allowed;
    try {
      call();
    } catch (const std::bad_alloc&) {
      starved = true;
    } catch (const file_failure&) {}
    until_failure = -1;
    CHECK(open_descriptors() == descriptors);
    check(starved);
    if (!starved) return allowed;
  }
  return -1;
}

}  // namespace

TEST_CASE("each allocation of saving a file failing in turn, also those on the way to a failure's message") {
  const folder here;
  const std::string path = here / "a file whose name no short string holds", bytes = varied_bytes(3'000'000, 1);
  const std::vector<std::string> only{"a file whose name no short string holds"};
  const pid_t dead = dead_process();
  for (const bool linked : {false, true})
    for (const call failing : {call::count, call::open, call::openat, call::write, call::fsync, call::renameat}) {
      const folder links;
      std::filesystem::create_symlink(path, links / "link");
      const std::string named = linked ? links / "link" : path;
      const int failures = starve(
          [&] {
            make_file(path, "old");
            make_file(here / temporary_of(dead, only[0]), "left over");
          },
          [&] {
            const disturb now({.failing = failing, .failing_at = failing == call::openat ? 2 : 0, .error = EIO});
            save(named, bytes);
          },
          [&](bool starved) {
            const bool saved = !starved && failing == call::count;
            CHECK((content(path) == (saved ? bytes : "old")));
            std::filesystem::remove(here / temporary_of(dead, only[0]));
            CHECK(here.names() == only);
          });
      CHECK(failures > 5);
    }
}

TEST_CASE("each allocation of reading and of removing leftovers failing in turn") {
  const folder here;
  const std::string path = here / "a file whose name no short string holds";
  make_file(path, "old");
  char buffer[8];
  CHECK(starve([] {}, [&] { input_file(path).read_at(0, buffer, 3); }, [](bool) {}) > 0);
  CHECK(starve([] {}, [&] { input_file(path).read_at(0, buffer, 4); }, [](bool) {}) > 3);
  CHECK(starve([] {}, [&] { remove_leftovers(path); }, [](bool) {}) > 0);
  CHECK(content(path) == "old");
}

TEST_CASE("writing allocates nothing") {
  const folder here;
  const std::string bytes = varied_bytes(3'000'000, 2);
  atomic_file file(here / "file");
  const std::size_t before = allocations;
  file.write(bytes.data(), 1000);
  file.write(bytes.data(), bytes.size());
  file.commit();
  CHECK(allocations == before);
}
