// Keras' list of weights: what is read, set, and refused.
#include <doctest/doctest.h>

#include "adagrad/weights.hpp"
#include "support/refusal.hpp"
#include "support/trained_model.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

struct two_arrays {
  std::vector<float> w{1, 2, 3}, g{0.5, -1, 2};
  std::vector<double> v{4, 5}, h{1, -1};
  optimizer o{{.learning_rate = inverse_time{.learning_rate = 0.1, .decay = 0.5}}};
  two_arrays() {
    o.add("w", w, std::span<const float>(g));
    o.add("v", v, std::span<const double>(h));
  }
};

}  // namespace

TEST_CASE("weights set in another optimizer go on with the same bits; without the counter the decay begins anew, as Keras 1's did") {
  two_arrays a, b, c;
  for (int i = 0; i < 5; ++i) a.o.step();
  const optimizer_weights kept = get_weights(a.o);
  CHECK(kept.iterations == 5);
  REQUIRE(kept.accumulators.size() == 2);
  CHECK(std::get<std::vector<float>>(kept.accumulators[0]) == std::vector<float>{1.25, 5, 20});
  CHECK(std::get<std::vector<double>>(kept.accumulators[1]) == std::vector<double>{5, 5});
  b.w = c.w = a.w;
  b.v = c.v = a.v;
  set_weights(b.o, kept);
  set_weights(c.o, {.accumulators = kept.accumulators});
  CHECK(b.o.iterations() == 5);
  CHECK(c.o.iterations() == 0);
  a.o.step();
  b.o.step();
  c.o.step();
  CHECK(a.w == b.w);
  CHECK(a.v == b.v);
  CHECK(a.w != c.w);
}

TEST_CASE("a list that does not fit is refused with nothing changed") {
  two_arrays a;
  a.o.step();
  const optimizer_weights good = get_weights(a.o);
  const auto refused = [&](auto change) {
    optimizer_weights bad = good;
    bad.iterations = 77;
    std::get<std::vector<float>>(bad.accumulators[0])[0] = 99;
    change(bad);
    const std::string said = refusal([&] { set_weights(a.o, bad); });
    CHECK(a.o.iterations() == 1);
    CHECK(get_weights(a.o).accumulators == good.accumulators);
    return said;
  };
  CHECK(holds_all(refused([](auto& l) { l.accumulators.pop_back(); }), {"of 1 parameters", "has 2"}));
  CHECK(holds_all(refused([](auto& l) { std::swap(l.accumulators[0], l.accumulators[1]); }), {"\"w\"", "are float"}));
  CHECK(holds_all(refused([](auto& l) { std::get<1>(l.accumulators[1]).push_back(1); }), {"\"v\"", "3 accumulators", "place of 2"}));
  CHECK(holds_all(refused([](auto& l) { std::get<1>(l.accumulators[1])[1] = -1; }), {"\"v\"", "accumulators[1] is -1"}));
  CHECK(holds_all(refused([](auto& l) { std::get<1>(l.accumulators[1])[0] = std::nan(""); }), {"\"v\"", "accumulators[0] is nan"}));
}

TEST_CASE("weights that come while arrays overlap are refused with nothing changed") {
  const parameter_options lazy{.rule = {.proximal_l2 = 0.5}};
  std::vector<float> w{1, 2, 3, 4}, g{1, 1, 1, 1}, table(12, 1.0f), values(4, 0.5f);
  const std::vector<std::int64_t> rows{1, 2};
  optimizer o({.learning_rate = 0.25});
  o.add("w", w, std::span<const float>(g));
  o.add_table("t", rows_view<float>{table.data(), 6, 2}, {.lazy = lazy_term::l2}, lazy);
  o.set_row_gradients("t", row_gradients<float>{rows, {values.data(), 2, 2}});
  o.step();
  const optimizer_weights before = get_weights(o);
  optimizer_weights other = before;
  for (float& each : std::get<std::vector<float>>(other.accumulators[0])) each = 9;
  o.set_parameters("w", std::span<float>(table.data(), 4));
  CHECK(holds_all(refusal([&] { set_weights(o, other); }), {"overlap"}));
  CHECK(get_weights(o).accumulators == before.accumulators);
}
