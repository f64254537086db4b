// Arrays shared out among threads: each once, the first failure in their order, large files with the bits of small ones.
#include "checkpoint/in_parallel.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "support/checkpoints.hpp"
#include "support/pool.hpp"
#include "support/refusal.hpp"

using namespace adagrad;
using namespace adagrad::test;
using checkpoint::in_parallel;
using checkpoint::workers_for;

TEST_CASE("each array is taken once, by a worker that there is") {
  for (const unsigned workers : {1u, 2u, 5u})
    for (const std::size_t count : {0u, 1u, 3u, 1000u}) {
      std::vector<std::atomic<int>> taken(count), by(workers);
      in_parallel(count, workers, nullptr, [&](std::size_t i, unsigned worker) { ++taken[i], ++by.at(worker); });
      CHECK(std::all_of(taken.begin(), taken.end(), [](const auto& times) { return times == 1; }));
    }
}

TEST_CASE("workers run side by side") {
  std::atomic<int> there = 0;
  in_parallel(3, 3, nullptr, [&](std::size_t, unsigned) {
    for (++there; there < 3;) std::this_thread::yield();  // for ever, if one waited for another
  });
  CHECK(there == 3);
}

TEST_CASE("the first failure in order is thrown, whichever came first in time; all before it were made") {
  for (int round = 0; round < 200; ++round) {
    std::vector<std::atomic<bool>> made(100);
    std::string said;
    try {
      in_parallel(100, 4, nullptr, [&](std::size_t i, unsigned) {
        made[i] = true;
        if (i >= 40) throw std::runtime_error(std::to_string(i));
      });
    } catch (const std::runtime_error& problem) {
      said = problem.what();
    }
    CHECK(said == "40");
    CHECK(std::all_of(made.begin(), made.begin() + 40, [](const auto& m) { return m.load(); }));
  }
}

TEST_CASE("after a failure, no other array is begun") {
  std::size_t made = 0;
  CHECK_THROWS(in_parallel(100, 1, nullptr, [&](std::size_t i, unsigned) {
    ++made;
    if (i == 40) throw std::runtime_error("40");
  }));
  CHECK(made == 41);
}

TEST_CASE("a thread for some megabytes each, no more than there are arrays or an optimizer has") {
  constexpr std::uint64_t MiB = 1 << 20;
  CHECK(workers_for({.threads = 4}, 10, 100 * MiB) == 4);
  CHECK(workers_for({.threads = 4}, 2, 100 * MiB) == 2);
  CHECK(workers_for({.threads = 4}, 10, 16 * MiB) == 2);
  CHECK(workers_for({.threads = 4}, 10, MiB) == 1);
  CHECK(workers_for({.threads = 4}, 0, 0) == 1);
  CHECK(workers_for({.threads = 100}, 1000, 1000000 * MiB) == 16);
  CHECK(workers_for({}, 1000, 1000000 * MiB) == std::min(default_threads(), 16u));
}

TEST_CASE("a caller's threads do the work where they were lent") {
  int calls = 0;
  const executor pool{.width = 3, .pool = &calls, .run = run_backwards};
  CHECK(workers_for({.pool = &pool}, 10, std::uint64_t{1} << 30) == 3);
  CHECK(workers_for({.threads = 2, .pool = &pool}, 10, std::uint64_t{1} << 30) == 2);
  std::vector<std::atomic<int>> taken(1000);
  in_parallel(1000, 3, &pool, [&](std::size_t i, unsigned) { ++taken[i]; });
  CHECK(calls == 1);
  CHECK(std::all_of(taken.begin(), taken.end(), [](const auto& times) { return times == 1; }));
  CHECK_THROWS_WITH(in_parallel(9, 3, &pool, [](std::size_t i, unsigned) { throw std::runtime_error(std::to_string(i)); }), "0");

  std::vector<float> w(3 << 20), v(w.size());
  optimizer from({.learning_rate = 0.1, .how = {.pool = &pool}}), to({.learning_rate = 0.1, .how = {.pool = &pool}});
  from.add("w", w, {});
  to.add("w", v, {});
  from.prepare(), to.prepare();  // first touch of the accumulators
  calls = 0;
  const std::string file = saved(from);
  CHECK(calls == 1);  // the digests
  load_text(to, file);
  CHECK(calls == 3);  // each reading
}

TEST_CASE("a large state on three threads: the bits of what was saved, the first damaged array named") {
  constexpr std::size_t count = 3 << 20, gap = 1;  // rows of 3 in a stride of 4
  const auto model = [&](std::vector<float>& w, std::vector<double>& d, std::vector<float>& t) {
    w.resize(count), d.resize(count / 2), t.resize(count / 3 * (3 + gap));
    auto o = std::make_unique<optimizer>(optimizer_options{.learning_rate = 0.1, .how = {.threads = 3}});
    o->add("w", w, {});
    o->add("d", d, {});
    o->add_table("t", rows_view<float>{t.data(), count / 3, 3, 3 + gap});
    return o;
  };
  std::vector<float> w, w2, t, t2;
  std::vector<double> d, d2;
  const auto from = model(w, d, t), to = model(w2, d2, t2);
  for (std::size_t i = 0; i < count; ++i) w[i] = static_cast<float>(i), d[i / 2] = -static_cast<double>(i);
  for (std::size_t i = 0; i < t.size(); ++i) t[i] = i % 4 == 3 ? 0.0f : static_cast<float>(i % 1000);
  const std::string file = saved(*from);
  load_text(*to, file);
  CHECK(w2 == w);
  CHECK(d2 == d);
  CHECK(t2 == t);
  CHECK(saved(*to) == file);
  std::string damaged = file;
  damaged[damaged.size() - 1] ^= 1;                      // the accumulators of "t"
  damaged[damaged.size() - 4 * count - 4 * count] ^= 1;  // its elements
  CHECK(holds_all(message_of([&] { load_text(*to, damaged); }), {"\"param/t\" was changed after it was written"}));
}
