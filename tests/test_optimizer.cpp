// The optimizer against a loop over the reference, bit for bit: random sets of parameters, any number of threads, executors, forks, nesting.
#include <omp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "support/model.hpp"
#include "support/pool.hpp"
#include "support/size.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

bool team_may_be_smaller() { return omp_get_thread_limit() < 8 || omp_get_dynamic() != 0; }

constexpr inverse_time decaying{.learning_rate = 0.1, .decay = 0.37};

constexpr int steps = 3;

void gradients_of_step(model& m, int it) { new_gradients(m, static_cast<std::uint64_t>(it) * 1000); }

// What the loop over the reference makes of it, with new gradients for each step.
model trained_by_reference(model m) {
  for (int it = 0; it < steps; ++it) {
    gradients_of_step(m, it);
    reference_step(m, decaying(static_cast<std::uint64_t>(it)));
  }
  return m;
}

// The names of what differs after the same steps, and how many threads ran in the last one.
struct result {
  std::string differing;
  unsigned threads;
};
result train(model ours, const model& expected, const threading& how) {
  optimizer o({.learning_rate = decaying, .how = how});
  add_all(o, ours);
  result r{};
  for (int it = 0; it < steps; ++it) {
    gradients_of_step(ours, it);
    const step_report report = o.step();
    CHECK(report.iteration == static_cast<std::uint64_t>(it));
    CHECK(report.learning_rate == decaying(static_cast<std::uint64_t>(it)));
    r.threads = report.threads;
  }
  r.differing = differing(o, ours, expected);
  return r;
}

}  // namespace

TEST_CASE("random sets of parameters: 1, 2, 3 and 8 threads and an executor give the reference's bits") {
  for (std::uint64_t seed = 1; seed <= (thin ? 2 : 6); ++seed) {
    CAPTURE(seed);
    const model start = random_model(1 + seed * 7 % 60, thin ? 20'000 : 1'000'000, seed), expected = trained_by_reference(start);
    std::size_t tiles = 0;
    for (const auto& t : start)
      std::visit([&]<class T>(const tensor<T>& data) { tiles += (data.parameters.size() * sizeof(T) + 4095) / 4096; }, t.data);
    for (const unsigned threads : {1u, 2u, 3u, 8u}) {
      CAPTURE(threads);
      const result by_openmp = train(start, expected, {.threads = threads, .serial_below = 0});
      CHECK(by_openmp.differing == "");
      const std::size_t most = std::min<std::size_t>(threads, std::max<std::size_t>(1, tiles));
      if (team_may_be_smaller()) CHECK(by_openmp.threads <= most);
      else CHECK(by_openmp.threads == most);
      int calls = 0;
      const executor pool{threads, &calls, run_backwards};
      const result by_pool = train(start, expected, {.serial_below = 0, .pool = &pool});
      CHECK(by_pool.differing == "");
      CHECK(by_pool.threads == most);
      CHECK(calls == (most > 1 ? 4 : 0));  // the filling of the accumulators, and three steps
    }
  }
}

TEST_CASE("every instruction set gives the reference's bits") {
  const model start = random_model(60, 30'000, 99), expected = trained_by_reference(start);
  for_each_isa([&](const std::string&) {
    CHECK(train(start, expected, {.threads = 1}).differing == "");
    CHECK(train(start, expected, {.threads = 3, .serial_below = 0}).differing == "");
  });
}

TEST_CASE_TEMPLATE("a step is update: fast arithmetic, and sizes from nothing to beyond the prefetching threshold", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const auto mode : {arithmetic::exact, arithmetic::fast})
      for (const std::size_t n :
           {std::size_t(0), std::size_t(1), std::size_t(1023), std::size_t(100'000), std::size_t(thin ? 100'001 : 3'000'001)}) {
        const auto data = usual_arrays<T>(n, 11);
        auto ours = data, expected = data;
        optimizer o({.learning_rate = 0.1, .how = {.threads = 2, .serial_below = 0}});
        o.add("w", ours.parameters, ours.gradients, {.rule = {.mode = mode}});
        o.set_accumulators("w", ours.accumulators);
        for (int step = 0; step < 2; ++step) {
          o.step();
          update(expected.parameters, expected.gradients, expected.accumulators, 0.1, {.mode = mode});
        }
        CHECK(first_difference(ours.parameters, expected.parameters) == n);
        CHECK(first_difference(o.accumulators<T>("w"), std::span<const T>(expected.accumulators)) == n);
        CHECK(ours.gradients == data.gradients);
      }
  });
}

TEST_CASE("below the serial threshold one thread runs; the threshold counts all parameters together") {
  std::vector<std::vector<float>> w(10, std::vector<float>(2000, 1)), g = w;
  const auto threads = [&](std::optional<std::size_t> serial_below) {
    optimizer o({.how = {.threads = 2, .serial_below = serial_below}});
    for (std::size_t i = 0; i < w.size(); ++i) o.add(std::string(1, static_cast<char>('a' + i)), w[i], g[i]);
    return o.step().threads;
  };
  CHECK(threads(400'001) == 1);
  if (!team_may_be_smaller()) {
    CHECK(threads(400'000) == 2);
    CHECK(threads({}) == 1);  // ten times 40,000 bytes moved are less than default_serial_below
    for (auto* all : {&w, &g})
      for (auto& each : *all) each.resize(25'000, 1);
    CHECK(threads({}) == 2);
  }
}

TEST_CASE("inside somebody else's parallel region, each caller with an optimizer of its own") {
  const model start = random_model(20, 30'000, 31), expected = trained_by_reference(start);
  std::string found[2];
  unsigned threads[2] = {1, 1};
#pragma omp parallel num_threads(2)
  for (int i = omp_get_thread_num(); i < 2; i += omp_get_num_threads()) {
    const result r = train(start, expected, {.serial_below = 0});
    found[i] = r.differing;
    if (omp_get_num_threads() > 1) threads[i] = r.threads;
  }
  for (int i = 0; i < 2; ++i) {
    CHECK(found[i] == "");
    CHECK(threads[i] == 1);
  }
}

TEST_CASE("a forked child goes on with the parent's optimizer, on one thread, with the same bits") {
  model ours = random_model(20, 30'000, 37), expected = ours;
  optimizer o({.learning_rate = 0.1, .how = {.threads = 2, .serial_below = 0}});
  add_all(o, ours);
  const unsigned before = o.step().threads;
  if (!team_may_be_smaller()) CHECK(before == 2);
  reference_step(expected, 0.1);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(60);  // a hang ends here
    const step_report report = o.step();
    reference_step(expected, 0.1);
    _exit(report.threads == 1 && report.iteration == 1 && differing(o, ours, expected).empty() ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("two optimizers on two threads of the caller are independent") {
  const model start = random_model(20, 30'000, 41), expected = trained_by_reference(start);
  std::string found[2];
  std::thread callers[2];
  for (int i = 0; i < 2; ++i)
    callers[i] = std::thread([&, i] { found[i] = train(start, expected, {.threads = 2, .serial_below = 0}).differing; });
  for (auto& caller : callers) caller.join();
  for (const auto& each : found) CHECK(each == "");
}

TEST_CASE("the executor is the one that was given last, and by default there is none") {
  int calls = 0;
  executor pool{2, &calls, [](void* count, std::size_t tasks, void (*task)(void*, std::size_t), void* context) {
                  ++*static_cast<int*>(count);
                  for (std::size_t i = 0; i < tasks; ++i) task(context, i);
                }};
  std::vector<float> w(5000, 1), g(5000, 1);
  optimizer o;
  o.add("w", w, g);
  o.prepare();
  o.step();
  CHECK(calls == 0);
  o.set_threading({.serial_below = 0, .pool = &pool});
  CHECK(o.step().threads == 2);
  CHECK(calls == 1);
  pool.width = 0;  // the optimizer has a copy
  CHECK(o.step().threads == 2);
  o.set_threading({});
  o.step();
  CHECK(calls == 2);
}
