// After the first call, update and an optimizer's step allocate nothing: serial, threaded, on every instruction set.
#include <limits>

#include "support/counted_new.hpp"
#include "support/model.hpp"
#include "support/rules.hpp"
#include "support/schedules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

TEST_CASE_TEMPLATE("no allocation after the first call", T, float, double) {
  auto data = usual_arrays<T>(5000, 73);
  const auto step = [&](const threading& how) {
    for (const auto mode : {arithmetic::exact, arithmetic::fast})
      update(data.parameters, data.gradients, data.accumulators, 0.01, {.mode = mode}, how);
  };
  step({.threads = 3, .serial_below = 0});
  step({.serial_below = 0});
  for_each_isa([&](const std::string&) {
    const std::size_t before = allocations;
    for (int repetition = 0; repetition < 10; ++repetition) {
      step({.threads = 1});
      step({.threads = 3, .serial_below = 0});
      step({});
    }
    CHECK(allocations == before);
  });
  CHECK(allocations > 0);  // the counter counts
}

TEST_CASE("a step allocates nothing after the first, also when gradients change places, come and go") {
  for (const unsigned threads : {1u, 3u}) {
    model m = random_model(50, 20'000, 79);
    optimizer o({.learning_rate = inverse_time{0.1, 0.1}, .how = {.threads = threads, .serial_below = 0}});
    add_all(o, m);
    o.step();
    std::size_t before = allocations;
    for (int step = 0; step < 5; ++step) o.step();
    CHECK(allocations == before);
    std::vector<std::variant<std::vector<float>, std::vector<double>>> other;
    for (auto& t : m) std::visit([&](auto& data) { other.emplace_back(data.gradients); }, t.data);
    before = allocations;
    for (std::size_t step = 0; step < 4; ++step) {
      for (std::size_t i = 0; i < m.size(); ++i) {
        std::visit(
            [&]<class T>(tensor<T>& data) {
              if (step % 2) o.set_gradients(i, data.gradients);
              else o.set_gradients(i, std::get<std::vector<T>>(other[i]));
            },
            m[i].data);
        if ((step + i) % 3 == 0) o.detach_gradients(i);
      }
      o.step();
    }
    CHECK(allocations == before);
    // Another parameter: one step allocates again, and then none.
    std::vector<float> w(5000), g(5000);
    o.add("late", w, g);
    o.step();
    CHECK(allocations > before);
    before = allocations;
    o.step();
    CHECK(allocations == before);
  }
}

TEST_CASE("asking a schedule allocates nothing, whatever its kind") {
  std::vector<float> w(5, 1.0F), g(5, 1.0F);
  for (const named_schedule& each : all_schedules()) {
    INFO(each.name);
    const schedule& rate = each.rule;
    optimizer o({.learning_rate = rate});
    o.add("w", w, g);
    o.step();
    const std::size_t before = allocations;
    double sum = 0;
    for (std::uint64_t it = 0; it < 100; ++it) sum += rate(it);
    for (int step = 0; step < 40; ++step) o.step();
    CHECK(allocations == before);
    CHECK(sum > 0);
  }
}

namespace {

// Everything that a step can be asked to do.
optimizer_options with_everything(const threading& how) {
  return {
      .learning_rate = inverse_time{0.1, 0.1},
      .defaults = {.rule = {.gradient_scale = 0.5, .clip_value = 2, .weight_decay = 0.01, .proximal_l1 = 1e-4, .constraint = max_norm(5)},
                   .method = method::dual_averaging,
                   .learning_rate_multiplier = 0.5,
                   .average = {.enabled = true, .overwrite_every = 2},
                   .zero_gradients = true},
      .non_finite = non_finite_policy::skip,
      .global_clip_norm = 1,
      .accumulation = {.calls = 2},
      .how = how};
}

}  // namespace

TEST_CASE("a step with all that it can be asked to do allocates nothing after the first, whatever becomes of it") {
  for (const unsigned threads : {1u, 3u}) {
    std::vector<std::vector<float>> w(30, std::vector<float>(9000, 1)), g = w;
    std::vector<double> x(5000, 1), y(5000, 1);
    optimizer o(with_everything({.threads = threads, .serial_below = 0}));
    o.add_group("own rate", {}, inverse_time{0.5, 0.1});
    parameter_options options = o.defaults();
    options.shape = {90, 100};
    for (std::size_t i = 0; i < w.size(); ++i) {
      o.add(std::to_string(i), w[i], g[i], options);
      if (i % 3 == 0) o.detach_gradients(i);
    }
    o.add("x", x, y, in_group{"own rate", [](parameter_options& p) { p.shape = {5000}; }});
    o.step();
    const std::size_t before = allocations;
    for (int call = 0; call < 12; ++call) {
      for (std::size_t i = 0; i < w.size(); ++i) {
        if ((i + static_cast<std::size_t>(call)) % 3 == 0) o.detach_gradients(i);
        else o.set_gradients(i, std::span<const float>(g[i]));
        g[i].assign(9000, 1);
      }
      y[4999] = call % 5 == 2 ? std::numeric_limits<double>::infinity() : call % 5 == 1 ? 1e300 : 1;
      o.step();
    }
    CHECK(allocations == before);
  }
}

TEST_CASE("changing options again and again takes no more memory than once") {
  std::vector<float> w(100, 1.0F), g(100, 1.0F);
  optimizer o;
  o.add("w", w, g);
  const auto change = [&] {
    o.change_options("w", [](parameter_options& p) { p.average.enabled = !p.average.enabled; });
    o.step();
  };
  change();
  change();
  const std::size_t before = bytes_in_use;
  for (int i = 0; i < 1000; ++i) change();
  CHECK(bytes_in_use == before);
}

TEST_CASE("beside its arrays a parameter with all that a step can do takes less than 2 KiB, and much less with the options of a group") {
  constexpr std::size_t elements = 1000;
  for (const bool own : {false, true})
    for (const std::size_t count : {100, 257, 400}) {
      std::vector<std::vector<float>> w(count, std::vector<float>(elements)), g = w;
      const std::size_t before = bytes_in_use;
      optimizer o(with_everything({}));
      const auto shape = [](parameter_options& p) { p.shape = {10, 100}; };
      o.add_group("matrices", shape);
      for (std::size_t i = 0; i < count; ++i)
        o.add("model.layers." + std::to_string(i) + ".weights", w[i], g[i], own ? in_group{"", shape} : in_group{"matrices"});
      const std::size_t after_adding = bytes_in_use;
      o.prepare();
      // The arrays come from operator new only where they are few; they begin at cache lines then, too.
      const std::size_t arrays = 4 * count * elements * sizeof(float), later = bytes_in_use - after_adding;
      const std::size_t taken = after_adding - before + (later < arrays ? later : later - arrays);
      MESSAGE("bytes beside the arrays, for each of " << count << " parameters: " << double(taken) / double(count));
      CHECK(taken < count * (own ? 2048 : 1280) + 2048);
    }
}

TEST_CASE("beside the accumulators an optimizer takes less than 1 KiB for a parameter") {
  constexpr std::size_t count = 400, elements = 1000;  // so few that their accumulators come from operator new
  std::vector<std::vector<float>> w(count, std::vector<float>(elements)), g = w;
  const std::size_t before = bytes_in_use;
  optimizer o;
  for (std::size_t i = 0; i < count; ++i) o.add("model.layers." + std::to_string(i) + ".weights", w[i], g[i]);
  o.step();
  const std::size_t taken = bytes_in_use - before;
  CHECK(taken > count * elements * sizeof(float));
  CHECK(taken - count * elements * sizeof(float) < count * 1024);
  MESSAGE("bytes beside the accumulators, for each parameter: " << double(taken) / count - double(elements * sizeof(float)));
}

TEST_CASE("out of memory at any allocation of any call: std::bad_alloc, and nothing has changed") {
  const model start = random_model(12, 3'000, 83);
  std::vector<float> w(100, 1.0F), g(100, 1.0F), late_w(50, 1.0F), late_g(50, 1.0F), more_w(50, 1.0F), more_g(50, 1.0F);
  const std::vector<float> restored(100, 2.0F);
  using call = void (*)(optimizer&, std::span<float>, std::span<const float>, std::span<const float>);
  const call calls[] = {
      [](optimizer& o, std::span<float> p, std::span<const float> q, std::span<const float>) {
        o.add("a name that no short string holds", p, q);
      },
      [](optimizer& o, std::span<float>, std::span<const float>, std::span<const float>) { o.step(); },
      [](optimizer& o, std::span<float>, std::span<const float>, std::span<const float>) { o.prepare(); },
      [](optimizer& o, std::span<float>, std::span<const float>, std::span<const float>) { o.reset(); },
      [](optimizer& o, std::span<float>, std::span<const float>, std::span<const float> G) { o.set_accumulators("w", G); },
      [](optimizer& o, std::span<float>, std::span<const float>, std::span<const float>) { (void)o.accumulators<float>("w"); },
  };
  std::size_t failures = 0;
  for (const call& each : calls)
    for (const bool with_late_parameter : {false, true})
      for (long allowed = 0; allowed < 100; ++allowed) {
        model ours = start;
        w.assign(100, 1.0F);
        optimizer o({.learning_rate = 0.1, .how = {.threads = 1}});
        o.add("w", w, g);
        add_all(o, ours);
        o.step();
        if (with_late_parameter) o.add("late", late_w, late_g);
        const model before = ours;
        const auto w_before = w;
        const auto kept = o.iterations();
        bool failed = false;
        until_failure = allowed;
        try {
          each(o, more_w, more_g, restored);
        } catch (const std::bad_alloc&) {
          failed = true;
        }
        until_failure = -1;
        if (!failed) break;  // so many allocations are enough
        ++failures;
        CHECK(o.iterations() == kept);
        CHECK(o.size() == start.size() + 1 + with_late_parameter);
        CHECK(w == w_before);
        CHECK(o.accumulators<float>("w")[0] == 1.0F);  // one gradient of 1 so far: neither forgotten nor counted twice
        CHECK(o.step().iteration == kept);
        CHECK(o.accumulators<float>("w")[0] == 2.0F);
      }
  CHECK(failures > 10);
}
