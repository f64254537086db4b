// Snapshots: a copy of one moment, saved on other threads while training goes on.
#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>

#include "support/checkpoints.hpp"
#include "support/folder.hpp"
#include "support/trained_model.hpp"

using namespace adagrad;
using namespace adagrad::test;

TEST_CASE("saved on another thread while training goes on: the bits of the moment at which it was made") {
  const folder here;
  for (const std::uint64_t seed : {6U, 12U, 24U}) {
    CAPTURE(seed);
    trained_model model(seed, first_memory), undisturbed(seed, first_memory);
    model.optimizer().set_threading({.threads = 2, .serial_below = 0});
    const std::string path = here / "model.safetensors";
    for (int round = 0; round < 12; ++round) {
      model.step();
      const std::string expected = saved(model.optimizer());
      std::atomic<bool> done = false;
      std::thread writer([&done, &path, copy = snapshot(model.optimizer())] {
        copy.save(path);
        done = true;
      });
      int steps = 0;
      for (; !done || steps < 2; ++steps) model.step();
      writer.join();
      CHECK(content(path) == expected);
      for (int i = 0; i < steps + 1; ++i) undisturbed.step();
    }
    CHECK(saved(model.optimizer()) == saved(undisturbed.optimizer()));
  }
}

TEST_CASE("many threads that save to one path: always one of theirs, as a whole, and nothing is left behind") {
  const folder here;
  const std::string path = here / "model.safetensors";
  trained_model model(6, first_memory);
  std::vector<snapshot> copies;
  std::set<std::string> possible;
  for (int i = 0; i < 3; ++i) {
    model.step();
    copies.emplace_back(model.optimizer());
    possible.insert(saved(model.optimizer()));
  }
  copies[0].save(path);
  std::atomic<std::size_t> running = copies.size();
  std::vector<std::thread> writers;
  for (const snapshot& copy : copies)
    writers.emplace_back([&running, &path, &copy] {
      for (int i = 0; i < 30; ++i) copy.save(path);
      --running;
    });
  std::size_t strange = 0;
  while (running > 0) {
    std::ifstream file(path, std::ios::binary);  // by one descriptor: the next file may have another size
    strange += !possible.contains(std::string(std::istreambuf_iterator<char>(file), {}));
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(strange == 0);
  CHECK(possible.contains(content(path)));
  CHECK(here.names().size() == 1);
}

TEST_CASE("it outlives the optimizer, and can be moved") {
  std::string expected;
  snapshot first = [&] {
    trained_model model(6, first_memory);
    model.step();
    expected = saved(model.optimizer());
    return snapshot(model.optimizer());
  }();
  snapshot second = std::move(first);
  std::ostringstream out;
  second.save(out);
  CHECK(out.str() == expected);
  CHECK(second.bytes() == expected.size());
  CHECK(first.bytes() == 0);
  CHECK(message_of<std::logic_error>([&] { first.save(out); }) ==
        "adagrad: this snapshot was moved from: use the one it was moved to, or make a new one");
}
