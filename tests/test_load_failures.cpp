// Whatever fails while a file is loaded: before the first write nothing has changed; after it nothing goes on until a load succeeds.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <map>

#include "adagrad/weights.hpp"
#include "support/checkpoints.hpp"
#include "support/failing_calls.hpp"
#include "support/folder.hpp"
#include "support/refusal.hpp"
#include "support/trained_model.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr std::uint64_t seed = 6;  // arrays of both types and a lazy table

// A file of a model.
struct saved_training {
  folder here;
  std::string path = here / "model.safetensors", file;
  saved_training() {
    trained_model model(seed, first_memory);
    for (int i = 0; i < 4; ++i) model.step();
    save(model.optimizer(), path);
    file = content(path);
  }
};

// Another one, which is somewhere else.
trained_model other_training() {
  trained_model model(seed, other_memory);
  for (int i = 0; i < 2; ++i) model.step();
  return model;
}

constexpr const char* half = "; its arrays may be half written: load again, or another file, before going on";
constexpr const char* refused =
    "adagrad: a load stopped in the middle, and arrays may be half written: load that file again, or another one, before going on";

void check_that_nothing_goes_on(trained_model& model) {
  optimizer& o = model.optimizer();
  std::ostringstream out;
  CHECK(message_of<std::logic_error>([&] { o.step(); }) == refused);
  CHECK(message_of<std::logic_error>([&] { save(o, out); }) == refused);
  CHECK(message_of<std::logic_error>([&] { snapshot copy(o); }) == refused);
  CHECK(message_of<std::logic_error>([&] { get_weights(o); }) == refused);
  CHECK(message_of<std::logic_error>([&] { set_weights(o, {}); }) == refused);
  CHECK(out.str().empty());
}

// What a load says that fails at this pread.
std::string fail_at(trained_model& model, const std::string& path, long turn, const load_options& how = {}) {
  const disturb now({.failing = call::pread, .failing_at = turn, .error = EIO});
  return message_of([&] { load(model.optimizer(), path, how); });
}

long reads_of_a_load(const std::string& path) {
  trained_model model = other_training();
  const disturb now({});
  load(model.optimizer(), path);
  return now.made(call::pread);
}

}  // namespace

TEST_CASE("each call failing in turn: nothing has changed, or nothing goes on until a load succeeds") {
  const saved_training training;
  std::map<std::string, long> unchanged, half_loaded;
  for (std::size_t which = 0; which < call_names.size(); ++which)
    for (long turn = 0;; ++turn) {
      INFO(call_names[which] << " " << turn);
      trained_model model = other_training();
      const std::string before = saved(model.optimizer());
      const std::size_t descriptors = open_descriptors();
      std::string said;
      bool made = false;
      {
        const disturb now({.failing = static_cast<call>(which), .failing_at = turn, .error = EIO});
        said = message_of([&] { load(model.optimizer(), training.path); });
        made = now.made(static_cast<call>(which)) > turn;
      }
      CHECK(open_descriptors() == descriptors);
      if (said.empty()) {
        CHECK(saved(model.optimizer()) == training.file);
      } else {
        CHECK(said.starts_with("adagrad: cannot read " + training.path + ": "));
        CHECK(holds_all(said, {"Input/output error: look for disk errors in the system's log"}));
        if (said.ends_with(half)) {
          ++half_loaded[call_names[which]];
          check_that_nothing_goes_on(model);
          load(model.optimizer(), training.path);
          CHECK(saved(model.optimizer()) == training.file);
        } else {
          ++unchanged[call_names[which]];
          CHECK(saved(model.optimizer()) == before);
        }
        model.step();
      }
      if (!made) break;
    }
  // What a load rests on, and nothing else. Twice: the size of the header and the header; then every array is read once by each pass, a table in gaps too.
  const std::map<std::string, long> first{{"fstat", 2}, {"open", 1}, {"pread", unchanged["pread"]}},
      second{{"pread", half_loaded["pread"]}};
  CHECK(unchanged == first);
  CHECK(half_loaded == second);
  CHECK(unchanged["pread"] > 10);
  CHECK(half_loaded["pread"] == unchanged["pread"] - 2);
  CHECK(unchanged["pread"] + half_loaded["pread"] == reads_of_a_load(training.path));
}

TEST_CASE("interrupted calls and short reads are gone on with") {
  const saved_training training;
  trained_model model = other_training();
  {
    const disturb now({.interrupted = true, .at_most = 7});
    load(model.optimizer(), training.path);
    CHECK(now.made(call::pread) > static_cast<long>(training.file.size() / 7));
  }
  CHECK(saved(model.optimizer()) == training.file);
}

TEST_CASE("a file that is changed at any moment, its size and times kept: refused, or what was read before") {
  const saved_training training;
  const long reads = reads_of_a_load(training.path);
  std::map<std::string, long> seen;
  for (const std::size_t place : {training.file.find("\"param/plain\""), training.file.size() - 1000, training.file.size() - 1})
    for (const bool cut : {false, true})
      for (long turn = 0; turn < reads; ++turn) {
        INFO("byte " << place << ", read " << turn << (cut ? ", cut off" : ""));
        make_file(training.path, training.file);
        struct stat times {};
        REQUIRE(stat(training.path.c_str(), &times) == 0);
        trained_model model = other_training();
        const std::string before = saved(model.optimizer());
        std::string said;
        {
          long made = 0;
          const disturb now({.seen = [&](call which) {
            if (which != call::pread || made++ != turn) return;
            const int file = open(training.path.c_str(), O_WRONLY | O_CLOEXEC);
            const char other = static_cast<char>(training.file[place] ^ 1);
            REQUIRE((cut ? ftruncate(file, static_cast<off_t>(place)) == 0 : pwrite(file, &other, 1, static_cast<off_t>(place)) == 1));
            const timespec kept[] = {times.st_atim, times.st_mtim};
            REQUIRE(futimens(file, kept) == 0);
            close(file);
          }});
          said = message_of([&] { load(model.optimizer(), training.path); });
        }
        if (said.ends_with(half)) {
          ++seen[holds_all(said, {"it was cut off while it was read"}) ? "half: cut off" : "half: changed"];
          CHECK((holds_all(said, {" was changed while it was read"}) || cut));
          check_that_nothing_goes_on(model);
        } else if (said.empty()) {
          ++seen["read before"];
          CHECK(saved(model.optimizer()) == training.file);
        } else {
          ++seen["nothing changed"];
          CHECK(saved(model.optimizer()) == before);
        }
      }
  for (const auto& [what, count] : seen) MESSAGE(what << ": " << count);
  CHECK(seen.size() == 4);
}

TEST_CASE("a change of the times alone, before the first write, is a reason to begin again; another file under the name is none") {
  const saved_training training;
  for (const bool replaced : {false, true}) {
    trained_model model = other_training();
    const std::string before = saved(model.optimizer());
    long made = 0;
    const disturb now({.seen = [&](call which) {
      if (which != call::pread || made++ != 3) return;
      if (replaced) {
        make_file(training.here / "other", "something else");
        std::filesystem::rename(training.here / "other", training.path);
      } else {
        std::filesystem::last_write_time(training.path, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
      }
    }});
    const std::string said = message_of([&] { load(model.optimizer(), training.path); });
    CHECK(said == (replaced ? "" : "adagrad: cannot load " + training.path + ": it was changed while it was checked: load again"));
    CHECK(saved(model.optimizer()) == (replaced ? training.file : before));
  }
}

TEST_CASE("what was half loaded must come from the next load; what was not keeps what it is") {
  const saved_training training;
  const long last = reads_of_a_load(training.path) - 1;
  trained_model model = other_training();
  CHECK(fail_at(model, training.path, last).ends_with(half));
  // A file without any of its parameters.
  std::vector<float> w{1}, g{1};
  optimizer small({.learning_rate = 0.1});
  small.add("another", w, std::span<const float>(g));
  small.step();
  const load_options some{.options = options_after_load::keep_mine, .partial = true};
  const std::string said = message_of([&] { load_text(model.optimizer(), saved(small), some); });
  CHECK(
      holds_all(said, {"an earlier load stopped while it wrote parameter \"plain\", and this one leaves it out: load it, too"}));
  CHECK(said.ends_with(half));
  check_that_nothing_goes_on(model);
  // One that fails before it writes does not mend it.
  CHECK(fail_at(model, training.path, 1).ends_with(half));
  check_that_nothing_goes_on(model);
  load(model.optimizer(), training.path);
  CHECK(saved(model.optimizer()) == training.file);

  // A partial load that fails is repeated: what it leaves out was never written.
  std::vector<float> x{5}, h{1};
  model.optimizer().add("late", x, std::span<const float>(h));
  CHECK(fail_at(model, training.path, last, some).ends_with(half));
  CHECK(load(model.optimizer(), training.path, some).not_in_file == std::vector<std::string>{"late"});
  CHECK(x[0] == 5);
  model.step();
  CHECK(x[0] != 5);
}

TEST_CASE("options of the file, too, are those of a load that succeeds") {
  const saved_training training;
  trained_model model = other_training();
  optimizer& o = model.optimizer();
  o.change_options("plain", [](parameter_options& options) { options.rule.epsilon = 0.5; });
  const load_options from_file{.options = options_after_load::from_file};
  CHECK(fail_at(model, training.path, reads_of_a_load(training.path) - 1, from_file).ends_with(half));
  CHECK(o.options("plain").rule.epsilon == 0.5);
  load(o, training.path, {.options = options_after_load::keep_mine});
  CHECK(o.options("plain").rule.epsilon == 0.5);
  load(o, training.path, from_file);
  CHECK(o.options("plain").rule.epsilon != 0.5);
  CHECK(saved(o) == training.file);
}
