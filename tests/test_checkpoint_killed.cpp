// A training that is killed while it steps and saves, at any moment, and gone on with from its file: the file is always that of a step it announced, as a
// whole, and the end has the bits of a training that never stopped.
//
// usage: test_checkpoint_killed [--kills N]
#include <unistd.h>

#include <random>

#include "doctest/doctest.h"
#include "support/checkpoints.hpp"
#include "support/failing_calls.hpp"
#include "support/folder.hpp"
#include "support/killed.hpp"
#include "support/trained_model.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

// A bit of everything, a lazy table among it, and an array that takes its time.
class training {
 public:
  explicit training(std::uint64_t memory) : model_(6, memory) {
    model_.optimizer().set_threading({.threads = 1});
    model_.optimizer().add("large", w_, std::span<const float>(g_));
  }
  optimizer& o() { return model_.optimizer(); }
  void load_from(const std::string& path) {
    load(o(), std::filesystem::path(path));
    model_.set_calls(o().iterations());
  }
  void step() {
    std::fill(g_.begin(), g_.end(), static_cast<float>(o().iterations() % 13) - 5.5f);
    model_.step();
  }
  std::uint64_t steps() { return o().iterations(); }

 private:
  std::vector<float> w_ = std::vector<float>(200'000, 1.0f), g_ = std::vector<float>(w_.size());
  trained_model model_;  // goes first
};

// Goes on from the file, and saves after each step.
void step_and_save(training& now, const std::string& path, const shared_progress& shared) {
  now.step();
  shared->begun = now.steps();
  save(now.o(), std::filesystem::path(path));
  shared->committed = now.steps();
}

// Looks after a kill; `whole` never stops. Returns whether it came while a file was being written.
bool check_after_kill(const folder& here, const std::string& path, const shared_progress& shared, training& whole) {
  training found(other_memory);
  found.load_from(path);
  CHECK(found.steps() >= shared->committed);
  CHECK(found.steps() <= shared->begun);
  while (whole.steps() < found.steps()) whole.step();
  CHECK(saved(found.o()) == saved(whole.o()));
  const std::vector<std::string> names = here.names();
  CHECK(names.size() <= 2);  // the file, and what one process has left
  shared->committed = shared->begun = found.steps();
  return names.size() == 2;
}

}  // namespace

TEST_CASE("killed before and after each system call of a load, a step and a save") {
  const folder here;
  const std::string path = here / "model.safetensors";
  const shared_progress shared;
  training whole(first_memory);
  save(whole.o(), std::filesystem::path(path));
  int kills = 0, while_writing = 0;
  for (const bool after : {false, true}) {
    bool killed = true;
    for (long at = 0; killed; ++at) {
      INFO("call " << at << (after ? ", after it" : ", before it"));
      const pid_t child = fork();
      if (child == 0) {
        const disturb now({.killed_at = at, .after_the_call = after});
        training again(other_memory);
        again.load_from(path);
        step_and_save(again, path, shared);
        _exit(0);
      }
      killed = was_killed(child);
      kills += killed;
      while_writing += check_after_kill(here, path, shared, whole);
    }
  }
  MESSAGE(kills << " kills, " << while_writing << " of them while a file was being written");
  CHECK(kills > 60);
  CHECK(while_writing > 10);
}

TEST_CASE("killed at random moments, and gone on with each time") {
  const folder here;
  const std::string path = here / "model.safetensors";
  const shared_progress shared;
  training whole(first_memory);
  save(whole.o(), std::filesystem::path(path));
  const std::uint64_t one_turn = nanoseconds_of([&] {
    training again(other_memory);
    again.load_from(path);
    step_and_save(again, path, shared);
  });
  const int kills = kills_asked_for();
  std::mt19937_64 random(12);
  int while_writing = 0;
  std::uint64_t begun = 0;
  for (int kill_number = 0; kill_number < kills; ++kill_number) {
    INFO("kill " << kill_number);
    const pid_t child = fork();
    if (child == 0) {
      training again(other_memory);
      again.load_from(path);
      for (;;) step_and_save(again, path, shared);
    }
    kill_after(child, random() % (8 * one_turn));
    begun += shared->begun - shared->committed;
    while_writing += check_after_kill(here, path, shared, whole);
  }
  MESSAGE(kills << " kills, " << while_writing << " of them while a file was being written, " << begun
                << " between the beginning and the end of a save; " << whole.steps() << " steps");
  CHECK(whole.steps() > 1);
  training again(other_memory);
  again.load_from(path);
  step_and_save(again, path, shared);
  whole.step();
  CHECK(content(path) == saved(whole.o()));
  CHECK(here.names().size() == 1);
}
