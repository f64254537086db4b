// A process that is killed while it saves, at any moment: the file is always a whole one, the last that was committed or the one that just gets its name.
//
// usage: test_atomic_file_killed [--kills N]
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <random>

#include "checkpoint/input_file.hpp"
#include "doctest/doctest.h"
#include "support/failing_calls.hpp"
#include "support/folder.hpp"
#include "support/killed.hpp"
#include "support/saved_file.hpp"

using namespace adagrad::checkpoint;
using namespace adagrad::test;

namespace {

// A generation says what it is: its number, its length in words, words that follow from both, their sum.
constexpr std::size_t head = 2;

std::vector<std::uint64_t> content_of(std::uint64_t generation) {
  std::vector<std::uint64_t> words(150'000 + generation * 7919 % 100'000);  // 1.2 to 2 MB
  words[0] = generation;
  words[1] = words.size();
  std::uint64_t sum = 0;
  for (std::size_t i = head; i + 1 < words.size(); ++i) sum += words[i] = (generation + 1) * 0x9E37'79B9'7F4A'7C15U * (i + 1);
  words.back() = sum;
  return words;
}

// The generation that the file is, or -1 if it is not a whole one.
std::int64_t generation_in(const std::string& path) {
  const input_file file(path);
  std::vector<std::uint64_t> words(file.size() / sizeof(std::uint64_t));
  file.read_at(0, words.data(), words.size() * sizeof(std::uint64_t));
  if (words.size() <= head || file.size() % sizeof(std::uint64_t) != 0 || words != content_of(words[0])) return -1;
  return static_cast<std::int64_t>(words[0]);
}

// One generation: its head by itself, as formats do it, and the rest at once.
void save_generation(const std::string& path, std::uint64_t generation, const shared_progress& shared) {
  const std::vector<std::uint64_t> words = content_of(generation);
  shared->begun = generation;
  atomic_file file(path);
  file.write(words.data(), head * sizeof(std::uint64_t));
  file.write(words.data() + head, (words.size() - head) * sizeof(std::uint64_t));
  file.commit();
  shared->committed = generation;
}

// Looks after a kill; returns whether it came while a file was being written.
bool check_after_kill(const folder& here, const std::string& path, const shared_progress& shared) {
  const std::int64_t found = generation_in(path);
  CHECK(found >= static_cast<std::int64_t>(shared->committed));
  CHECK(found <= static_cast<std::int64_t>(shared->begun));
  const std::vector<std::string> names = here.names();
  CHECK(names.size() <= 2);  // the file, and what one process has left
  CHECK(names.back() == "file");
  return names.size() == 2;
}

}  // namespace

TEST_CASE("killed before and after each system call of a save") {
  const folder here;
  const std::string path = here / "file";
  const shared_progress shared;
  save_generation(path, 1, shared);
  long kills = 0, while_writing = 0;
  for (const bool after : {false, true}) {
    bool killed = true;
    for (long at = 0; killed; ++at) {
      INFO("call " << at << (after ? ", after it" : ", before it"));
      const std::uint64_t next = shared->committed + 1;
      const pid_t child = fork();
      if (child == 0) {
        const disturb now({.killed_at = at, .after_the_call = after});
        save_generation(path, next, shared);
        _exit(0);
      }
      killed = was_killed(child);
      kills += killed;
      while_writing += check_after_kill(here, path, shared);
      // A kill between the rename and the end of commit leaves the new generation.
      shared->committed = static_cast<std::uint64_t>(generation_in(path));
    }
  }
  MESSAGE(kills << " kills, " << while_writing << " of them while a file was being written");
  CHECK(kills > 30);
  CHECK(while_writing > 10);
  CHECK(shared->committed > 2);
}

TEST_CASE("killed at random moments while it saves again and again") {
  const folder here;
  const std::string path = here / "file";
  const shared_progress shared;
  const int kills = kills_asked_for();
  const std::uint64_t one_save = nanoseconds_of([&] { save_generation(path, 1, shared); });
  std::mt19937_64 random(11);
  int while_writing = 0;
  for (int kill_number = 0; kill_number < kills; ++kill_number) {
    INFO("kill " << kill_number);
    const std::uint64_t from = static_cast<std::uint64_t>(generation_in(path));
    shared->committed = from;
    const pid_t child = fork();
    if (child == 0)
      for (std::uint64_t generation = from + 1;; ++generation) save_generation(path, generation, shared);
    kill_after(child, random() % (2 * one_save));
    while_writing += check_after_kill(here, path, shared);
  }
  MESSAGE(kills << " kills, " << while_writing << " of them while a file was being written, " << shared->begun.load()
                << " generations begun");
  save_generation(path, shared->begun + 1, shared);
  CHECK(here.names() == std::vector<std::string>{"file"});
}
