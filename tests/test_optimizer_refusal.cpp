// Everything that the optimizer refuses: the message names the parameter, the value and the remedy, and nothing has changed.
#include <functional>
#include <limits>
#include <memory>

#include "support/model.hpp"
#include "support/refusal.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();

void check_refused(const std::function<void()>& call, std::initializer_list<const char*> parts) {
  const std::string message = refusal(call);
  INFO("message: " << message);
  CHECK(holds_all(message, parts));
}

}  // namespace

TEST_CASE("an optimizer with bad options is not made") {
  for (const double bad : {nan_value, infinity, -1.0}) {
    check_refused([&] { optimizer o({.learning_rate = bad}); }, {"learning_rate is ", "0.01"});
    check_refused([&] { optimizer o({.learning_rate = inverse_time{bad, 0}}); }, {"inverse_time.learning_rate is "});
    check_refused([&] { optimizer o({.learning_rate = inverse_time{0.1, bad}}); }, {"inverse_time.decay is ", "1e-6"});
    check_refused([&] { optimizer o({.defaults = {.rule = {.epsilon = bad}}}); }, {"epsilon is ", "1e-8"});
    check_refused([&] { optimizer o({.defaults = {.initial_accumulator = bad}}); }, {"initial_accumulator is ", "use 0, or 0.1"});
  }
  check_refused([] { optimizer o({.learning_rate = schedule::callable()}); }, {"empty std::function"});
  check_refused([] { optimizer o({.defaults = {.rule = {.constraint = box(2, 1)}}}); }, {"lower bound 2 is above"});
  check_refused([] { optimizer o({.defaults = {.rule = {.mode = static_cast<arithmetic>(7)}}}); }, {"mode is 7"});
  check_refused([] { optimizer o({.how = {.threads = 5000}}); }, {"threads is 5000", "at most 4096"});
  optimizer o;
  check_refused([&] { o.set_learning_rate(-1.0); }, {"learning_rate is -1"});
  check_refused([&] { o.set_threading({.threads = 5000}); }, {"threads is 5000"});
  CHECK(o.learning_rate() == 0.01);
}

TEST_CASE_TEMPLATE("a bad parameter is not added", T, float, double) {
  std::vector<T> memory(100, T(1));
  const std::span<T> all(memory);
  optimizer o;
  o.add("first", all.subspan(0, 10), all.subspan(10, 10));
  const auto add = [&](std::string name, std::span<T> w, std::span<const T> g, const parameter_options& options = {}) {
    return [&o, name, w, g, options] { o.add(name, w, g, options); };
  };
  const auto w = all.subspan(20, 10), g = all.subspan(30, 10);
  check_refused(add("", w, g), {"name of a parameter is empty"});
  check_refused(add("first", w, g), {"parameter \"first\"", "in use already", "index 0", "set_gradients"});
  check_refused(add("x", w, all.subspan(30, 9)), {"parameter \"x\": gradients has 9 elements in place of 10"});
  check_refused(add("x", w, std::span<const T>(static_cast<const T*>(nullptr), 10)),
                {"parameter \"x\": gradients is a null pointer with 10"});
  check_refused(add("x", std::span<T>(static_cast<T*>(nullptr), 10), g), {"parameters is a null pointer with 10"});
  check_refused(add("x", w, w), {"parameter \"x\": its elements overlap its own gradients", "0 bytes apart", "its own memory"});
  check_refused(add("x", all.subspan(5, 10), g), {"parameter \"x\": its elements overlap those of \"first\", the elements"});
  check_refused(add("x", all.subspan(15, 10), g), {"overlap those of \"first\", the gradients"});
  check_refused(add("x", w, all.subspan(9, 10)), {"its gradients overlap those of \"first\", the elements"});
  for (const double bad : {nan_value, infinity, -1.0}) {
    check_refused(add("x", w, g, {.rule = {.epsilon = bad}}), {"parameter \"x\": epsilon is "});
    check_refused(add("x", w, g, {.initial_accumulator = bad}), {"parameter \"x\": initial_accumulator is "});
  }
  check_refused(add("x", w, g, {.rule = {.constraint = box(1, 0)}}), {"parameter \"x\": constraint"});
  check_refused(add("x", w, g, {.rule = {.epsilon_placement = static_cast<epsilon_place>(3)}}),
                {"parameter \"x\": epsilon_placement is 3"});
  if (sizeof(T) == 4)
    check_refused(add("x", w, g, {.initial_accumulator = 1e39}), {"initial_accumulator is 1e+39, which float cannot hold"});
  CHECK(o.size() == 1);
  CHECK_FALSE(o.contains("x"));
  // What was refused has left nothing behind: the same memory is free.
  CHECK(o.add("x", w, g) == 1);
  o.step();
}

TEST_CASE_TEMPLATE("re-pointing: lengths, types and names at once, overlaps by the next step, which then does nothing", T, float, double) {
  using other = std::conditional_t<sizeof(T) == 4, double, float>;
  std::vector<T> memory(100, T(1));
  std::vector<other> wrong(10);
  const std::span<T> all(memory);
  optimizer o;
  o.add("a", all.subspan(0, 10), all.subspan(10, 10));
  o.add("b", all.subspan(20, 10), all.subspan(30, 10));
  o.step();
  const auto kept = o.accumulators<T>("a");
  const std::vector<T> accumulators(kept.begin(), kept.end());
  const std::vector<T> before = memory;

  check_refused([&] { o.set_gradients("c", all.subspan(10, 10)); }, {"no parameter with the name \"c\""});
  check_refused([&] { o.set_gradients(2, all.subspan(10, 10)); }, {"no parameter with index 2", "size() is 2"});
  check_refused([&] { o.set_gradients(-1, all.subspan(10, 10)); }, {"no parameter with index -1:"});
  check_refused([&] { o.set_gradients("a", all.subspan(10, 9)); }, {"parameter \"a\": gradients has 9 elements in place of 10"});
  check_refused([&] { o.set_gradients("a", std::span<const T>(static_cast<T*>(nullptr), 10)); }, {"null pointer"});
  check_refused([&] { o.set_gradients("a", std::span<const T>()); },
                {"parameter \"a\": gradients is empty, in place of 10", "detach_gradients"});
  check_refused([&] { o.detach_gradients(static_cast<const char*>(nullptr)); }, {"no parameter with the name \"\""});
  check_refused([&] { o.set_parameters("a", all.subspan(0, 11)); }, {"parameter \"a\": parameters has 11 elements in place of 10"});
  check_refused([&] { o.set_gradients("a", wrong); }, {"parameter \"a\": its elements are ", "pass spans of its type"});
  check_refused([&] { o.set_parameters("a", std::span<other>(wrong)); }, {"its elements are "});
  check_refused([&] { o.set_accumulators("a", wrong); }, {"its elements are "});
  check_refused([&] { (void)o.accumulators<other>("a"); }, {"its elements are "});
  check_refused([&] { o.detach_gradients("c"); }, {"no parameter with the name \"c\""});
  check_refused([&] { (void)o.name(2); }, {"index 2"});
  check_refused([&] { (void)o.index("c"); }, {"\"c\""});
  check_refused([&] { o.set_accumulators("a", all.subspan(10, 9)); }, {"accumulators has 9 elements in place of 10"});
  for (const T bad : {T(-1), std::numeric_limits<T>::quiet_NaN()}) {
    std::vector<T> values(10, T(1));
    values[7] = bad;
    check_refused([&] { o.set_accumulators("a", values); }, {"parameter \"a\": accumulators[7] is ", "at least 0"});
  }

  const auto step_refused = [&](std::initializer_list<const char*> parts) {
    check_refused([&] { o.step(); }, parts);
    check_refused([&] { o.step(); }, parts);  // and again: refusing does not make it right
    CHECK(memory == before);
    CHECK(o.iterations() == 1);
    CHECK(first_difference(o.accumulators<T>("a"), std::span<const T>(accumulators)) == 10);
  };
  o.set_gradients("a", all.subspan(29, 10));
  step_refused({"parameter \"a\": its gradients overlap those of \"b\", the elements"});
  o.set_gradients("a", all.subspan(5, 10));
  step_refused({"parameter \"a\": its gradients overlap its own elements"});
  o.set_gradients("a", o.accumulators<T>("b"));
  step_refused({"its gradients overlap those of \"b\", the accumulators"});
  o.set_gradients("a", all.subspan(10, 10));
  o.set_parameters("a", all.subspan(25, 10));
  step_refused({"overlap", "\"a\"", "\"b\"", "elements"});
  o.set_parameters("a", all.subspan(30, 10));
  step_refused({"parameter \"b\": its gradients overlap those of \"a\", the elements"});
  o.set_parameters("a", all.subspan(0, 10));
  o.set_parameters("b", std::span<T>(const_cast<T*>(o.accumulators<T>("a").data()), 10));
  step_refused({"overlap", "accumulators"});
  o.set_parameters("b", all.subspan(20, 10));
  o.set_parameters("a", all.subspan(30, 10));
  // A parameter that is added while arrays change places is looked at by the step, too.
  std::vector<T> more(30, T(1));
  o.set_parameters("a", all.subspan(0, 10));
  o.add("c", std::span<T>(more).subspan(0, 10), std::span<const T>(more).subspan(5, 10));
  step_refused({"parameter \"c\": its gradients overlap its own elements"});
  o.set_gradients("c", std::span<const T>(more).subspan(10, 10));
  o.step();
  CHECK(o.iterations() == 2);
  o.set_parameters("a", all.subspan(30, 10));  // with all gradients known to be in order so far
  for (int again = 0; again < 2; ++again) check_refused([&] { o.step(); }, {"parameter \"b\": its gradients overlap those of \"a\""});
}

TEST_CASE("lengths that no memory can hold are refused, by the optimizer and by update") {
  std::vector<float> x(10, 1.0F);
  const float* const data = x.data();
  optimizer o;
  for (const std::size_t length : {~std::size_t(0), (std::size_t(1) << 62) - 1, (std::size_t(1) << 62) + 1, std::size_t(1) << 61}) {
    const std::span<float> w(x.data(), length);
    check_refused([&] { o.add("w", w, {}); }, {"parameter \"w\": parameters has ", "more than memory can hold", "negative"});
    check_refused([&] { update(w, std::span<const float>(data, length), w, 0.1); }, {"parameters has ", "more than memory can hold"});
  }
  CHECK(o.size() == 0);
  CHECK(x == std::vector<float>(10, 1.0F));
}

TEST_CASE("empty arrays overlap nothing, wherever they lie and whoever comes first") {
  std::vector<float> memory(20, 1.0F);
  const std::span<float> all(memory);
  for (const bool empty_first : {false, true}) {
    optimizer o;
    const auto add_empty = [&] { o.add("empty", all.subspan(15, 0), all.subspan(5, 0)); };
    if (empty_first) add_empty();
    o.add("w", all.subspan(0, 10), all.subspan(10, 10));
    if (!empty_first) add_empty();
    o.step();
    o.set_parameters("empty", all.subspan(3, 0));
    o.set_gradients("empty", std::span<const float>(all.subspan(2, 0)));
    o.step();
    CHECK(o.iterations() == 2);
  }
  CHECK_NOTHROW(update(all.subspan(5, 0), all.subspan(5, 0), all.subspan(5, 0), 0.1));
}

TEST_CASE("a schedule that calls the optimizer is stopped, whatever it calls, and the optimizer works on") {
  std::vector<float> w(3, 1.0F), g(3, 1.0F);
  optimizer o;
  o.add("w", w, g);
  o.step();
  const auto before = w;
  const std::function<void()> calls[] = {
      [&] { o.step(); },  [&] { (void)o.learning_rate(); }, [&] { o.set_learning_rate(0.1); }, [&] { o.set_iterations(5); },
      [&] { o.reset(); }, [&] { o.detach_gradients("w"); }};
  for (const auto& call : calls) {
    o.set_learning_rate([&](std::uint64_t) {
      call();
      return 0.5;
    });
    CHECK_THROWS_AS(o.step(), std::logic_error);
    CHECK_THROWS_AS((void)o.learning_rate(), std::logic_error);
    CHECK(w == before);
    CHECK(o.iterations() == 1);
  }
  o.set_learning_rate(0.5);
  CHECK(o.step().iteration == 1);
}

TEST_CASE("what an index, a rate or a callable may be is settled when compiling") {
  enum layer { first, second };
  static_assert(std::is_convertible_v<int, parameter_key> && std::is_convertible_v<std::size_t, parameter_key> &&
                std::is_convertible_v<layer, parameter_key>);
  static_assert(!std::is_convertible_v<bool, parameter_key> && !std::is_convertible_v<char, parameter_key> &&
                !std::is_convertible_v<std::nullptr_t, parameter_key>);
  static_assert(std::is_convertible_v<double, schedule> && std::is_convertible_v<int, schedule> && !std::is_convertible_v<bool, schedule>);
  const auto move_only = [p = std::unique_ptr<int>()](std::uint64_t) { return p ? 0.0 : 1.0; };
  static_assert(!std::is_constructible_v<schedule, decltype(move_only)>);
  CHECK(parameter_key(second).index() == 1);
  CHECK(parameter_key(-3).negative());
}

TEST_CASE("options of optimizers and parameters that cannot be are refused by name, for groups and changes too") {
  using change = void (*)(parameter_options&);
  const std::pair<change, const char*> bad[] = {
      {[](parameter_options& p) { p.method = static_cast<method>(4); }, "method is 4"},
      {[](parameter_options& p) {
         p.method = method::dual_averaging;
         p.rule.weight_decay = 0.1;
         p.rule.decay_kind = weight_decay_kind::decoupled;
       },
       "weight_decay is 0.1, decoupled, with method::dual_averaging"},
      {[](parameter_options& p) { p.learning_rate_multiplier = -1; }, "learning_rate_multiplier is -1"},
      {[](parameter_options& p) { p.learning_rate_multiplier = nan_value; }, "learning_rate_multiplier is nan"},
      {[](parameter_options& p) { p.clip_norm = 0; }, "clip_norm is 0"},
      {[](parameter_options& p) { p.norm_fuzz = infinity; }, "norm_fuzz is inf"},
      {[](parameter_options& p) { p.average = {.enabled = true, .momentum = 2}; }, "average.momentum is 2"},
      {[](parameter_options& p) { p.average.overwrite_every = 3; }, "average.overwrite_every is 3"},
      {[](parameter_options& p) { p.rule.constraint = max_norm(-1); }, "the largest norm is -1"},
  };
  std::vector<float> w(10, 1.0F), g(10, 1.0F), v(10), h(10);
  optimizer o;
  o.add("w", w, g);
  for (const auto& each : bad) {
    const auto apply = each.first;  // clang 14 captures no structured binding
    const char* const part = each.second;
    parameter_options options;
    apply(options);
    check_refused([&] { optimizer never({.defaults = options}); }, {part});
    check_refused([&] { o.add("v", v, h, options); }, {"parameter \"v\": ", part});
    check_refused([&] { o.add("v", v, h, in_group{"", apply}); }, {"parameter \"v\": ", part});
    check_refused([&] { o.change_options("w", apply); }, {"parameter \"w\": ", part});
    check_refused([&] { o.add_group("g", apply); }, {"\"g\"", part});
  }
  check_refused([] { optimizer never({.non_finite = static_cast<non_finite_policy>(3)}); }, {"non_finite is 3", "skip"});
  check_refused([] { optimizer never({.clip_order = static_cast<clip_order>(3)}); }, {"clip_order is 3"});
  check_refused([] { optimizer never({.clip_form = static_cast<clip_form>(3)}); }, {"clip_form is 3"});
  o.step();
  CHECK(o.size() == 1);
  CHECK(o.options("w").learning_rate_multiplier == 1);
}
