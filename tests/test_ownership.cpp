// Who may write where: gradients that are set to zero, and every array that an optimizer keeps.
#include <functional>
#include <utility>

#include "support/model.hpp"
#include "support/refusal.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

void check_refused(const std::function<void()>& call, std::initializer_list<const char*> parts) {
  const std::string message = refusal(call);
  INFO("message: " << message);
  CHECK(holds_all(message, parts));
}

}  // namespace

TEST_CASE_TEMPLATE("gradients that are set to zero belong to one parameter alone, whoever comes first and whatever changes", T, float,
                   double) {
  const parameter_options zeroing{.zero_gradients = true};
  std::vector<T> memory(100, T(1));
  const std::span<T> all(memory);
  const auto w = all.subspan(0, 10), g = all.subspan(10, 10), v = all.subspan(20, 10), h = all.subspan(30, 10);
  for (const bool zeroing_first : {true, false}) {
    optimizer o;
    o.add("w", w, g, zeroing_first ? zeroing : parameter_options{});
    // Shared, overlapping by one element, its own elements, those of the other.
    for (const auto& bad : {g, all.subspan(19, 10), v, all.subspan(1, 10)})
      check_refused([&] { o.add("v", v, std::span<const T>(bad), zeroing_first ? parameter_options{} : zeroing); },
                    {"parameter \"", "overlap", "its own memory"});
    CHECK(o.size() == 1);
    o.add("v", v, std::span<const T>(h), zeroing_first ? parameter_options{} : zeroing);
    o.step();
    CHECK((zeroing_first ? g : h)[9] == 0);
    CHECK((zeroing_first ? h : g)[9] == 1);
    memory.assign(100, T(1));
    // Found by the next step when they change places, and again by the one after; mended, all goes on.
    o.set_gradients("v", std::span<const T>(g));
    for (int again = 0; again < 2; ++again) check_refused([&] { o.step(); }, {"gradients overlap those of", "the gradients"});
    CHECK(memory == std::vector<T>(100, T(1)));
    o.detach_gradients("v");
    o.step();
    o.set_gradients("v", std::span<const T>(all.subspan(40, 10)));
    o.set_parameters("w", all.subspan(50, 10));
    o.step();
    CHECK(o.iterations() == 3);
    memory.assign(100, T(1));
  }
  // Shared by readers, until one of them is told to write.
  optimizer o;
  o.add("w", w, std::span<const T>(g));
  o.add("v", v, std::span<const T>(g));
  o.step();
  o.change_options("v", [](parameter_options& p) { p.zero_gradients = true; });
  const auto before = memory;
  check_refused([&] { o.step(); }, {"overlap", "the gradients"});
  CHECK(memory == before);
  o.change_options("v", [](parameter_options& p) { p.zero_gradients = false; });
  o.step();
  CHECK(g[0] == 1);
  o.set_gradients("v", std::span<const T>(h));
  o.change_options("v", [](parameter_options& p) { p.zero_gradients = true; });
  o.step();
  CHECK(h[0] == 0);
  CHECK(g[0] == 1);
  o.set_gradients("w", std::span<const T>(o.accumulators<T>("v")));
  check_refused([&] { o.step(); }, {"parameter \"w\": its gradients overlap those of \"v\", the accumulators"});
}

TEST_CASE("every array that an optimizer keeps is its own") {
  std::vector<float> w(10, 1.0F), g(10, 1.0F), v(10, 1.0F);
  optimizer o({.defaults = {.method = method::dual_averaging, .average = {.enabled = true}}, .accumulation = {.calls = 2}});
  o.add("w", w, g);
  o.add("v", v, g);
  o.step();
  const std::pair<state_array, const char*> arrays[] = {{state_array::accumulators, "accumulators"},
                                                        {state_array::gradient_sums, "gradient sums"},
                                                        {state_array::averages, "averages"},
                                                        {state_array::pending_gradients, "pending gradients"}};
  for (const auto& each : arrays) {
    const auto array = each.first;  // clang 14 captures no structured bindings
    const auto name = each.second;
    o.set_gradients("v", o.state_of<float>("w", array));
    check_refused([&] { o.step(); }, {"parameter \"v\": its gradients overlap those of \"w\", the ", name});
    o.set_gradients("v", std::span<const float>(g));
    o.set_parameters("v", std::span<float>(const_cast<float*>(o.state_of<float>("w", array).data()), 10));
    check_refused([&] { o.step(); }, {"overlap", name});
    o.set_parameters("v", std::span<float>(v));
    check_refused([&] { o.set_state("w", array, std::vector<float>(9)); }, {"parameter \"w\": ", "has 9 elements in place of 10"});
    check_refused([&] { o.set_state("w", array, std::vector<double>(10)); }, {"its elements are float, not double"});
    check_refused([&] { o.set_state("x", array, g); }, {"no parameter with the name \"x\""});
  }
  CHECK(o.step().outcome == step_outcome::moved);
}
