// Threads: the same bits for every number of them, and really that many.
#include <omp.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "dense/sweep.hpp"
#include "parallel/quota.hpp"
#include "parallel/region.hpp"
#include "support/bits.hpp"
#include "support/pool.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double rate = 0.01;
constexpr std::size_t large = 20'011;  // 20 tiles of 1,024 floats, 40 of 512 doubles: enough for 8 threads

// OMP_THREAD_LIMIT and OMP_DYNAMIC let a team be smaller than asked; the tests are run under both (tests/CMakeLists.txt).
bool team_may_be_smaller() { return omp_get_thread_limit() < 8 || omp_get_dynamic() != 0; }

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

struct scratch_folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("adagrad-test-" + std::to_string(getpid()));
  scratch_folder() { std::filesystem::create_directories(path); }
  ~scratch_folder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE_TEMPLATE("1, 2, 3 and 8 threads give the reference's bits, and that many run", T, float, double) {
  for_each_isa([&](const std::string&) {
    for (const auto mode : {arithmetic::exact, arithmetic::fast})
      for (const std::size_t n : {std::size_t(0), std::size_t(1), std::size_t(1023), std::size_t(1025), large}) {
        CAPTURE(n);
        const auto data = mixed_arrays<T>(n, 41);
        auto expected = data;
        if (mode == arithmetic::exact) reference::update(expected.parameters, expected.gradients, expected.accumulators, rate);
        else update(expected.parameters, expected.gradients, expected.accumulators, rate, {.mode = mode}, {.threads = 1});
        for (const unsigned threads : {1u, 2u, 3u, 8u}) {
          CAPTURE(threads);
          auto ours = data;
          const auto report =
              update(ours.parameters, ours.gradients, ours.accumulators, rate, {.mode = mode}, {.threads = threads, .serial_below = 0});
          CHECK(first_difference(ours.parameters, expected.parameters) == n);
          CHECK(first_difference(ours.accumulators, expected.accumulators) == n);
          const std::size_t tiles = std::max<std::size_t>(1, (n + dense::tile<T> - 1) / dense::tile<T>);
          if (team_may_be_smaller()) CHECK(report.threads <= std::min<std::size_t>(threads, tiles));
          else CHECK(report.threads == std::min<std::size_t>(threads, tiles));
        }
      }
  });
}

TEST_CASE_TEMPLATE("a caller's executor gives the same bits and gets each task once", T, float, double) {
  const auto data = mixed_arrays<T>(large, 43);
  auto expected = data;
  reference::update(expected.parameters, expected.gradients, expected.accumulators, rate);
  for (const unsigned width : {1u, 2u, 3u, 8u})
    for (const unsigned threads : {0u, 5u}) {
      int calls = 0;
      const executor pool{width, &calls, run_backwards};
      auto ours = data;
      const auto report =
          update(ours.parameters, ours.gradients, ours.accumulators, rate, {}, {.threads = threads, .serial_below = 0, .pool = &pool});
      CHECK(first_difference(ours.parameters, expected.parameters) == large);
      CHECK(first_difference(ours.accumulators, expected.accumulators) == large);
      CHECK(report.threads == (threads ? threads : width));
      CHECK(calls == (report.threads > 1 ? 1 : 0));
    }
}

TEST_CASE("below the serial threshold one thread runs, whatever is asked; from it on, all") {
  std::vector<float> w(large, 1), g(large, 1), G(large, 1);
  const std::size_t bytes = 20 * large;
  const auto threads = [&](std::optional<std::size_t> serial_below) {
    return update(w, g, G, rate, {}, {.threads = 2, .serial_below = serial_below}).threads;
  };
  CHECK(threads(bytes + 1) == 1);
  if (!team_may_be_smaller()) {
    CHECK(threads(bytes) == 2);
    CHECK(threads(0) == 2);
    CHECK(threads({}) == (bytes < default_serial_below ? 1 : 2));
  }
}

TEST_CASE("inside somebody else's parallel region the default is one thread, an explicit number still works") {
  constexpr int callers = 2;
  const auto data = mixed_arrays<float>(large, 47);
  auto expected = data;
  reference::update(expected.parameters, expected.gradients, expected.accumulators, rate);
  arrays<float> ours[callers] = {data, data};
  unsigned by_default[callers] = {}, asked[callers] = {}, defaults[callers] = {};
#pragma omp parallel num_threads(callers)
  for (int i = omp_get_thread_num(); i < callers; i += omp_get_num_threads()) {
    auto copy = data;
    if (omp_get_num_threads() > 1) {
      defaults[i] = default_threads();
      by_default[i] = update(copy.parameters, copy.gradients, copy.accumulators, rate, {}, {.serial_below = 0}).threads;
    } else {
      defaults[i] = by_default[i] = 1;  // a limit left the region one thread: nothing is nested
    }
    asked[i] = update(ours[i].parameters, ours[i].gradients, ours[i].accumulators, rate, {}, {.threads = 2, .serial_below = 0}).threads;
  }
  for (int i = 0; i < callers; ++i) {
    CHECK(defaults[i] == 1);
    CHECK(by_default[i] == 1);
    CHECK(asked[i] >= 1);
    CHECK(first_difference(ours[i].parameters, expected.parameters) == large);
  }
}

TEST_CASE("a forked child runs on one thread, with the same bits, and does not hang") {
  const auto data = mixed_arrays<float>(large, 53);
  auto expected = data;
  // Before the fork: the parent's OpenMP threads exist.
  const auto before = update(expected.parameters, expected.gradients, expected.accumulators, rate, {}, {.threads = 2, .serial_below = 0});
  if (!team_may_be_smaller()) CHECK(before.threads == 2);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(20);  // a hang ends here
    auto ours = data;
    const auto report = update(ours.parameters, ours.gradients, ours.accumulators, rate, {}, {.threads = 2, .serial_below = 0});
    const bool same_bits = first_difference(ours.parameters, expected.parameters) == large;
    _exit(same_bits && report.threads == 1 && default_threads() == 1 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("two callers at the same time are independent") {
  const auto data = mixed_arrays<float>(large, 59);
  auto expected = data;
  reference::update(expected.parameters, expected.gradients, expected.accumulators, rate);
  arrays<float> ours[2] = {data, data};
  std::thread callers[2];
  for (int i = 0; i < 2; ++i)
    callers[i] = std::thread(
        [&, i] { update(ours[i].parameters, ours[i].gradients, ours[i].accumulators, rate, {}, {.threads = 2, .serial_below = 0}); });
  for (auto& caller : callers) caller.join();
  for (const auto& each : ours) CHECK(first_difference(each.parameters, expected.parameters) == large);
}

TEST_CASE("parts cover everything once, in order, at whole blocks, evenly") {
  for (const std::size_t count :
       {std::size_t(0), std::size_t(1), std::size_t(1023), std::size_t(1024), std::size_t(1025), std::size_t(10'000), std::size_t(1) << 40})
    for (const std::size_t parts : {1, 2, 3, 7, 64}) {
      std::size_t at = 0, smallest = count, biggest = 0;
      for (std::size_t i = 0; i < parts; ++i) {
        const auto [begin, end] = parallel::part(count, parts, i, 1024);
        CHECK(begin == at);
        CHECK(end >= begin);
        CHECK((end % 1024 == 0 || end == count));
        smallest = std::min(smallest, end - begin);
        biggest = std::max(biggest, end - begin);
        at = end;
      }
      CHECK(at == count);
      CHECK(biggest - smallest <= 2 * 1024);
    }
}

TEST_CASE("default_threads is at least one and within what the process may use") {
  CHECK(default_threads() >= 1);
  CHECK(default_threads() <= static_cast<unsigned>(std::max(omp_get_max_threads(), 1)));
  if (const char* number = std::getenv("OMP_NUM_THREADS"); number != nullptr && omp_get_thread_limit() >= 64)
    CHECK(default_threads() == static_cast<unsigned>(std::atoi(number)));  // not reduced by affinity or quota
}

TEST_CASE("default_threads follows the processors that the thread may run on, unless OMP_NUM_THREADS decides") {
  cpu_set_t before, one;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CPU_ZERO(&one);
  for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  const unsigned threads = default_threads();
  REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
  const char* number = std::getenv("OMP_NUM_THREADS");
  CHECK(threads == (number ? static_cast<unsigned>(std::atoi(number)) : 1u));
}

TEST_CASE("the CPU quota of control groups, versions 1 and 2") {
  scratch_folder root;
  const auto quota = [&](const std::string& groups, std::initializer_list<std::pair<const char*, const char*>> files) {
    std::filesystem::remove_all(root.path);
    write_file(root.path / "proc/self/cgroup", groups);
    for (const auto& [path, text] : files) write_file(root.path / ("sys/fs/cgroup" + std::string(path)), text);
    return parallel::cpu_quota(root.path.string()).value_or(-1);
  };
  CHECK(quota("0::/\n", {{"/cpu.max", "max 100000\n"}}) == -1);
  CHECK(quota("0::/\n", {{"/cpu.max", "150000 100000\n"}}) == 1.5);
  CHECK(quota("0::/a/b\n", {{"/a/b/cpu.max", "400000 100000\n"}, {"/a/cpu.max", "200000 100000\n"}}) == 2);
  CHECK(quota("0::/a/b\n", {{"/a/b/cpu.max", "100000 100000\n"}, {"/a/cpu.max", "max 100000\n"}}) == 1);
  CHECK(quota("0::/a\n", {}) == -1);
  CHECK(quota("0::/a\n", {{"/a/cpu.max", "rubbish"}}) == -1);
  CHECK(quota("0::/a\n", {{"/a/cpu.max", "100000 0\n"}}) == -1);
  CHECK(quota("4:memory:/x\n3:cpu,cpuacct:/x\n",
              {{"/cpu,cpuacct/x/cpu.cfs_quota_us", "300000\n"}, {"/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n"}}) == 3);
  CHECK(quota("3:cpu:/x\n", {{"/cpu/x/cpu.cfs_quota_us", "-1\n"}, {"/cpu/x/cpu.cfs_period_us", "100000\n"}}) == -1);
  CHECK(quota("3:cpuset:/x\n", {{"/cpuset/x/cpu.cfs_quota_us", "100000\n"}, {"/cpuset/x/cpu.cfs_period_us", "100000\n"}}) == -1);
  CHECK(quota("nonsense\n", {}) == -1);
  CHECK(quota("0::/../../etc\n", {}) == -1);
  CHECK(parallel::cpu_quota("/does/not/exist").has_value() == false);
}
