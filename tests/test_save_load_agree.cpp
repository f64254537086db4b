// What is saved can be loaded, what a load brings replaces all that was there, and what a caller gets wrong is told before anything is touched.
#include <doctest/doctest.h>

#include <limits>
#include <streambuf>

#include "support/checkpoints.hpp"
#include "support/refusal.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

struct model {
  std::vector<float> w{1, -2, 3}, g{0.5, -1, 2};
  optimizer o;
  explicit model(const optimizer_options& options, const parameter_options& own = {}) : o(options) {
    o.add("w", w, std::span<const float>(g), own);
  }
  void steps(int count) {
    for (int i = 0; i < count; ++i) o.step();
  }
};

const load_options take{.options = options_after_load::from_file};

}  // namespace

TEST_CASE("from_file: nothing of an open window, of averages or of sums is left where the file has none") {
  parameter_options clipped{.clip_norm = 100}, averaged{.average = {.enabled = true}}, dual{.method = method::dual_averaging};
  for (const parameter_options& own : {parameter_options{}, clipped, averaged}) {
    model used({.learning_rate = 0.1, .accumulation = {.calls = 4}}, dual), fresh({.learning_rate = 0.1}, own),
        from({.learning_rate = 0.1}, own);
    used.g = {50, 50, 50};
    used.steps(6);  // one step and two calls
    from.steps(3);
    const std::string file = saved(from.o);
    load_text(used.o, file, take);
    load_text(fresh.o, file);
    used.g = fresh.g;
    used.steps(2), fresh.steps(2);
    CHECK(used.w == fresh.w);
    CHECK(saved(used.o) == saved(fresh.o));
  }
  model summed({.learning_rate = 0.1}, dual), plain({.learning_rate = 0.1});
  summed.steps(2);
  load_text(summed.o, saved(plain.o), take);
  summed.o.change_options("w", [](parameter_options& o) { o.method = method::dual_averaging; });
  summed.o.prepare();
  CHECK(summed.o.state_of<float>("w", state_array::gradient_sums)[0] == 0);
}

TEST_CASE("pending gradients that were set outside of a window go on") {
  const optimizer_options windows{.learning_rate = 0.1, .accumulation = {.calls = 3}};
  model whole(windows), later(windows);
  whole.steps(4);
  whole.o.set_pending_calls(0);
  load_text(later.o, saved(whole.o));
  whole.steps(3), later.steps(3);
  CHECK(later.w == whole.w);
}

TEST_CASE("tables without rows are saved and loaded") {
  std::vector<float> none;
  const auto trained = [&](const row_options& rows, const parameter_options& own) {
    auto o = std::make_unique<optimizer>(optimizer_options{.learning_rate = 0.1});
    o->add_table("t", rows_view<float>{none.data(), 0, 5}, rows, own);
    return o;
  };
  const parameter_options l1{.rule = {.proximal_l1 = 0.1}}, decay{.rule = {.weight_decay = 0.1}};
  const auto goes_round = [&](const row_options& rows, const parameter_options& own) {
    const auto from = trained(rows, own), to = trained(rows, own);
    const std::string file = saved(*from);
    load_text(*to, file);
    CHECK(saved(*to) == file);
  };
  goes_round({.lazy = lazy_term::l1}, l1);
  goes_round({.counter_halflife = 10}, decay);
}

TEST_CASE("what no load would take is refused by save") {
  schedule deep = 0.1;
  for (int i = 0; i < 9; ++i) deep = linear_warmup{.after = deep, .warmup_steps = 3};
  model m({.learning_rate = deep});
  CHECK(holds_all(message_of([&] { saved(m.o); }), {"adagrad: cannot save", "more than 8 schedules in one another"}));
  std::vector<float> x{1};
  model named({.learning_rate = 0.1});
  named.o.add("tab\there", x, {});
  CHECK(message_of([&] { saved(named.o); }) ==
        "adagrad: cannot save: a header that cannot be written: the tensor's name \"param/tab\\x09here\" holds a control character");
}

TEST_CASE("a schedule of one's own is asked once for a file; it cannot call the optimizer") {
  int asked = 0;
  const schedule restless = [&](std::uint64_t) { return 0.1 * ++asked; };
  std::vector<float> v{1};
  model m({.learning_rate = restless});
  m.o.add("v", v, {});
  asked = 0;
  const std::string file = saved(m.o);
  CHECK(asked == 1);
  asked = 0;
  load_text(m.o, file, {.options = options_after_load::keep_mine});

  optimizer* caller = nullptr;
  model calling({.learning_rate = [&](std::uint64_t) {
    if (caller != nullptr) caller->set_learning_rate(0.5);
    return 0.1;
  }});
  caller = &calling.o;
  CHECK(holds_all(message_of([&] { saved(calling.o); }), {"the schedule calls the optimizer that is asking it"}));
  caller = nullptr;
  const std::string good = saved(calling.o);
  caller = &calling.o;
  CHECK(holds_all(message_of<std::logic_error>([&] { load_text(calling.o, good); }), {"the schedule calls the optimizer"}));
  caller = nullptr;
  CHECK(saved(calling.o) == good);
}

TEST_CASE("a learning rate for a load is checked before, and may be any that gives the recorded one") {
  model custom({.learning_rate = [](std::uint64_t) { return 0.25; }}), to({.learning_rate = 0.1});
  const std::string file = saved(custom.o), before = saved(to.o);
  for (const auto options : {options_after_load::must_match, options_after_load::from_file, options_after_load::keep_mine}) {
    CHECK(holds_all(refusal([&] { load_text(to.o, file, {.options = options, .learning_rate = linear_warmup{.warmup_steps = 3}}); }),
                    {"after"}));
    CHECK(!refusal([&] { load_text(to.o, file, {.options = options, .learning_rate = std::function<double(std::uint64_t)>()}); }).empty());
  }
  CHECK(saved(to.o) == before);
  CHECK(holds_all(message_of([&] { load_text(to.o, file, {.learning_rate = 0.5}); }), {"must give the same rate at iteration 0"}));
  load_text(to.o, file, {.learning_rate = 0.25});
  CHECK(to.o.learning_rate() == 0.25);
}

TEST_CASE("an unknown choice, and arrays that lie in one another, are refused") {
  model m({.learning_rate = 0.1});
  const std::string file = saved(m.o);
  CHECK(holds_all(refusal([&] { load_text(m.o, file, {.options = static_cast<options_after_load>(7)}); }),
                  {"load_options::options is 7", "use one of their names"}));
  std::vector<float> shared{1, 2, 3, 4}, a{1, 2, 3}, b{4, 5, 6};
  optimizer from({.learning_rate = 0.1}), to({.learning_rate = 0.1});
  from.add("a", a, {});
  from.add("b", b, {});
  to.add("a", a, {});
  to.add("b", b, {});
  const std::string two = saved(from);
  to.set_parameters("a", std::span<float>(shared.data(), 3));
  to.set_parameters("b", std::span<float>(shared.data() + 1, 3));
  CHECK(holds_all(message_of([&] { load_text(to, two); }), {"overlap"}));
  CHECK(shared == std::vector<float>{1, 2, 3, 4});
}

TEST_CASE("a stream whose buffer misbehaves is refused") {
  struct liar : std::streambuf {
    std::streamsize says;
    bool throws;
    liar(std::streamsize what, bool problem) : says(what), throws(problem) {}
    std::streamsize xsgetn(char*, std::streamsize) override {
      if (throws) throw std::runtime_error("broken");
      return says;
    }
  };
  model m({.learning_rate = 0.1});
  const auto said_of = [&](liar&& buffer) {
    std::istream in(&buffer);
    return message_of([&] { load(m.o, in); });
  };
  CHECK(holds_all(said_of({-1, false}), {"its buffer does not say how many it has read"}));
  CHECK(holds_all(said_of({std::numeric_limits<std::streamsize>::max(), false}), {"its buffer does not say"}));
  CHECK(holds_all(said_of({0, true}), {"the stream failed after 0 bytes: broken"}));
}
