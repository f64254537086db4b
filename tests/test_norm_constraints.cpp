// Constraints on norms over axes: the optimizer, the reference and Keras's formulas agree by bits for every shape and set of axes; what is refused.
#include <limits>

#include "support/bits.hpp"
#include "support/guarded.hpp"
#include "support/norms_by_hand.hpp"
#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/size.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();

using sizes = std::vector<std::size_t>;

// More columns than are worked on at a time, more elements than a tile of a norm, axes of size 1, none at all.
const sizes all_shapes[] = {{1},       {7},         {5000},       {0},         {3, 5},       {1, 7},        {7, 1},
                            {70, 130}, {5000, 3},   {3, 5000},    {0, 5},      {5, 0},       {64, 64},      {4097, 65},
                            {2, 3, 4}, {1, 20, 65}, {4100, 1, 2}, {2, 70, 66}, {3, 3, 4, 8}, {2, 1, 3, 67}, {2, 3, 700, 3}};

const parameter_constraint all_bounds[] = {max_norm(1.5),           max_norm(0),          unit_norm(), min_max_norm(0.5, 2),
                                           min_max_norm(1, 3, 0.9), min_max_norm(2, 2, 0)};

// Keras's axis: negative ones count from the last.
norm_axes axes_of(std::size_t rank, unsigned set, bool negative) {
  std::vector<int> axes;
  for (std::size_t axis = 0; axis < rank; ++axis)
    if (set >> axis & 1) axes.push_back(static_cast<int>(axis) - (negative ? static_cast<int>(rank) : 0));
  switch (axes.size()) {
    case 1: return axes[0];
    case 2: return {axes[1], axes[0]};  // in any order
    case 3: return {axes[0], axes[1], axes[2]};
    default: return {axes[0], axes[1], axes[2], axes[3]};
  }
}

std::vector<bool> reduced_of(std::size_t rank, unsigned set) {
  std::vector<bool> reduced;
  for (std::size_t axis = 0; axis < rank; ++axis) reduced.push_back(set >> axis & 1);
  return reduced;
}

template <class T>
struct one {
  std::string name;
  sizes shape;
  unsigned set;
  parameter_options options;
  arrays<T> ours, expected;
};

// Every shape, every set of its axes, bounds in turn.
template <class T>
std::vector<one<T>> all_parameters(std::uint64_t seed) {
  std::vector<one<T>> all;
  random_bits random(seed);
  for (const sizes& shape : all_shapes) {
    std::size_t count = 1;
    for (const std::size_t size : shape) count *= size;
    for (unsigned set = 1; set < 1U << shape.size(); ++set) {
      if (thin && (count > 20'000 || (count > 1000 && set % 2 == 0))) continue;
      const std::size_t k = all.size();
      one<T> p{"p" + std::to_string(k), shape, set, {}, {}, {}};
      p.options.shape = tensor_shape(shape);
      p.options.norm_fuzz = random() % 2 ? 1e-7 : 0;
      p.options.rule.constraint = all_bounds[(k + seed) % std::size(all_bounds)];
      p.options.rule.constraint.axes = axes_of(shape.size(), set, random() % 2);
      p.ours = usual_arrays<T>(count, random());
      // Groups of zeros, of subnormals, of large and of tiny numbers, one infinity, one NaN.
      const std::size_t kind = random() % 8;
      for (std::size_t i = 0; i < count; ++i) {
        T& w = p.ours.parameters[i];
        if (kind == 0) w = T(0), p.ours.gradients[i] = T(0);
        if (kind == 1) w = std::numeric_limits<T>::denorm_min() * static_cast<T>(i % 5), p.ours.gradients[i] = T(0);
        if (kind == 2 && sizeof(T) == 8) w = static_cast<T>(static_cast<double>(w) * 1e200);
        if (kind == 3 && sizeof(T) == 8) w = static_cast<T>(static_cast<double>(w) * 1e-160), p.ours.gradients[i] = T(0);
      }
      if (kind == 4 && count > 2) p.ours.parameters[count / 2] = std::numeric_limits<T>::infinity();
      if (kind == 5 && count > 2) p.ours.parameters[count / 2] = std::numeric_limits<T>::quiet_NaN();
      p.expected = p.ours;
      all.push_back(std::move(p));
    }
  }
  return all;
}

}  // namespace

TEST_CASE_TEMPLATE("every shape and set of axes: the reference's bits, which are the manual's", T, float, double) {
  for (std::uint64_t seed = 0; seed < std::size(all_bounds); ++seed)
    for (auto& p : all_parameters<T>(seed)) {
      CAPTURE(p.name);
      CAPTURE(seed);
      const auto& o = p.options;
      constrain_by_hand(p.expected.parameters, p.shape, reduced_of(p.shape.size(), p.set), o.rule.constraint, o.norm_fuzz);
      reference::constrain_norms(std::span<T>(p.ours.parameters), o.shape, o.rule.constraint, o.norm_fuzz);
      CHECK(first_difference(p.ours.parameters, p.expected.parameters) == p.ours.parameters.size());
    }
}

TEST_CASE_TEMPLATE("an optimizer's constraints on norms are the reference's bits, on any number of threads", T, float, double) {
  std::uint64_t seed = 100;
  for_each_isa([&](const std::string&) {
    for (const unsigned threads : {1U, 2U, 3U, 8U}) {
      CAPTURE(threads);
      auto all = all_parameters<T>(seed++);
      optimizer o({.learning_rate = 0.1, .how = {.threads = threads, .serial_below = 0}});
      for (auto& p : all) o.add(p.name, p.ours.parameters, p.ours.gradients, p.options);
      for (int step = 0; step < 2; ++step) {
        o.step();
        for (auto& p : all) {
          if (step == 0) std::ranges::fill(p.expected.accumulators, T(0));
          auto rule = p.options.rule;
          rule.constraint = {};
          reference::update(p.expected.parameters, p.expected.gradients, p.expected.accumulators, 0.1, rule);
          reference::constrain_norms(std::span<T>(p.expected.parameters), p.options.shape, p.options.rule.constraint, p.options.norm_fuzz);
        }
      }
      for (const auto& p : all) {
        CAPTURE(p.name);
        CHECK(first_difference(p.ours.parameters, p.expected.parameters) == p.ours.parameters.size());
      }
    }
  });
}

TEST_CASE_TEMPLATE("Keras's formulas worked out by hand, with fuzz and without", T, float, double) {
  const T c = T(3), tiny = std::numeric_limits<T>::denorm_min(), nan = std::numeric_limits<T>::quiet_NaN();
  const auto constrained = [](std::vector<T> w, const parameter_constraint& bounds, double fuzz) {
    std::vector<T> g(w.size()), copy = w;
    optimizer o({.learning_rate = 0});
    o.add("w", w, g, {.rule = {.constraint = bounds}, .shape = {w.size()}, .norm_fuzz = fuzz});
    o.step();
    reference::constrain_norms(std::span<T>(copy), {w.size()}, bounds, fuzz);
    CHECK(first_difference(w, copy) == w.size());
    return w;
  };
  using values = std::vector<T>;
  for_each_isa([&](const std::string&) {
    const T f = static_cast<T>(1e-7);
    // The norm of {3, 4} is 5.
    CHECK(constrained({3, 4}, max_norm(3), 0) == values{3 * (c / 5), 4 * (c / 5)});
    CHECK(constrained({3, 4}, max_norm(3), 1e-7) == values{3 * (c / (f + 5)), 4 * (c / (f + 5))});
    CHECK(constrained({3, 4}, max_norm(6), 0) == values{3, 4});
    CHECK(constrained({3, 4}, max_norm(6), 1e-7) == values{3 * (T(5) / (f + 5)), 4 * (T(5) / (f + 5))});
    CHECK(constrained({3, 4}, max_norm(0), 0) == values{0, 0});
    CHECK(constrained({3, 4}, unit_norm(), 0) == values{T(3) / 5, T(4) / 5});
    CHECK(constrained({3, 4}, unit_norm(), 1e-7) == values{3 / (f + 5), 4 / (f + 5)});
    CHECK(constrained({3, 4}, min_max_norm(6, 8), 0) == values{3 * (T(6) / 5), 4 * (T(6) / 5)});
    CHECK(constrained({3, 4}, min_max_norm(1, 3), 0) == values{3 * (c / 5), 4 * (c / 5)});
    CHECK(constrained({3, 4}, min_max_norm(1, 9), 0) == values{3, 4});
    const T r = static_cast<T>(0.9), rest = static_cast<T>(1 - 0.9), factor = ((r * T(3)) + (rest * T(5))) / (f + 5);
    CHECK(constrained({3, 4}, min_max_norm(1, 3, 0.9), 1e-7) == values{3 * factor, 4 * factor});
    CHECK(constrained({3, 4}, min_max_norm(1, 3, 0), 0) == values{3, 4});
    for (const auto& bounds : {max_norm(1), unit_norm(), min_max_norm(1, 2)}) {
      CHECK(first_difference(constrained({T(0), T(-0.0)}, bounds, 0), values{T(0), T(-0.0)}) == 2);  // n + f is 0
      CHECK(first_difference(constrained({T(0), T(-0.0)}, bounds, 1e-7), values{T(0), T(-0.0)}) == 2);
      for (const T w : constrained({T(1), nan, T(2)}, bounds, 1e-7)) CHECK(std::isnan(w));
    }
    // Squares of a double's subnormals are 0: the group stays. Those of a float's are not.
    CHECK(constrained({tiny}, unit_norm(), 0) == values{sizeof(T) == 8 ? tiny : T(1)});
  });
}

TEST_CASE_TEMPLATE("a group times a power of two has the same unit vector, and the same bits", T, float, double) {
  for (const std::size_t columns : {1, 65}) {
    const auto start = usual_arrays<T>(4100 * columns, 701).parameters;
    const auto unit = [&](int k) {
      auto w = start;
      for (T& x : w) x = std::ldexp(x, k);
      reference::constrain_norms(std::span<T>(w), {4100, columns}, unit_norm(), 0);
      return w;
    };
    const auto expected = unit(0);
    for (const int k : {-60, -7, 1, 40, 100}) CHECK(first_difference(unit(k), expected) == start.size());
    if (sizeof(T) == 8)
      for (const int k : {-490, -450, 500, 900}) CHECK(first_difference(unit(k), expected) == start.size());
  }
}

TEST_CASE_TEMPLATE("constraints on norms touch nothing outside of the parameters", T, float, double) {
  using array = guarded<T>;
  for_each_isa([&](const std::string&) {
    for (const auto& shape : {tensor_shape{1}, {13}, {1029}, {3, 5}, {1, 7}, {9, 67}, {5, 3, 129}})
      for (const int axis : {0, -1})
        for (const auto side : {array::against::end, array::against::begin}) {
          std::size_t n = 1;
          for (const std::size_t size : shape) n *= size;
          const auto data = usual_arrays<T>(n, 709);
          const array w(data.parameters, side), g(data.gradients, side);
          optimizer o;
          o.add("w", w.get(), g.get(), {.rule = {.constraint = unit_norm(axis)}, .shape = shape});
          o.step();
          CHECK(first_difference(std::span<const T>(g.get()), std::span<const T>(data.gradients)) == n);
        }
  });
}

TEST_CASE_TEMPLATE("norm constraints: what is refused says why, and changes nothing", T, float, double) {
  const std::vector<T> start(6, T(1));
  std::vector<T> w = start;
  const std::vector<T> g(6, T(1));
  optimizer o;
  const auto check = [&](const tensor_shape& shape, const parameter_constraint& c, double fuzz, std::initializer_list<const char*> parts) {
    const std::string scalar = refusal([&] { reference::constrain_norms(std::span<T>(w), shape, c, fuzz); });
    const std::string added = refusal([&] { o.add("w", w, g, {.rule = {.constraint = c}, .shape = shape, .norm_fuzz = fuzz}); });
    INFO("messages: " << scalar << "; " << added);
    CHECK(holds_all(scalar, parts));
    CHECK(holds_all(added, parts));
    CHECK(holds_all(added, {"parameter \"w\": "}));
    CHECK(w == start);
    CHECK(o.size() == 0);
  };
  const tensor_shape shape{2, 3};
  check({}, max_norm(1), 0, {"constraint", "shape", "{rows, columns}"});
  check({2, 4}, max_norm(1), 0, {"shape is {2, 4}", "8 elements in place of 6", "slowest first"});
  check({5}, unit_norm(), 0, {"shape is {5}"});
  check({0, 6}, unit_norm(), 0, {"shape is {0, 6}", "0 elements in place of 6"});
  check({std::size_t(1) << 40, std::size_t(1) << 40}, unit_norm(), 0, {"more than memory can hold"});
  check(shape, max_norm(1, 2), 0, {"axis 2 of a shape with 2 axes", "-2 to 1"});
  check(shape, max_norm(1, -3), 0, {"axis -3"});
  check(shape, max_norm(1, {0, 0}), 0, {"axis 0 is named twice"});
  check(shape, unit_norm({1, -1}), 0, {"axis -1 is named twice"});
  check(shape, unit_norm(norm_axes{}), 0, {"axes is empty", "such as 0"});
  check(shape, min_max_norm(2, 1), 0, {"smallest norm 2 is above the largest norm 1", "swap"});
  for (const double bad : {nan_value, infinity, -1.0}) {
    check(shape, max_norm(bad), 0, {"constraint: the largest norm is "});
    check(shape, min_max_norm(bad, 1), 0, {"constraint: the smallest norm is "});
    check(shape, min_max_norm(0, bad), 0, {"constraint: the largest norm is "});
    check(shape, max_norm(1), bad, {"norm_fuzz is ", "1e-7"});
  }
  for (const double bad : {nan_value, infinity, -0.1, 1.1})
    check(shape, min_max_norm(0, 1, bad), 0, {"constraint: rate is ", "[0, 1]", "use 1"});
  if (sizeof(T) == 4) {
    check(shape, max_norm(1e39), 0, {"largest norm is 1e+39, which float cannot hold"});
    check(shape, min_max_norm(1e39, 1e40), 0, {"which float cannot hold"});
    check(shape, max_norm(1), 1e39, {"norm_fuzz is 1e+39, which float cannot hold"});
  }
  // A shape is checked whatever the constraint; update has none.
  CHECK(holds_all(refusal([&] { o.add("w", w, g, {.shape = {7}}); }), {"parameter \"w\": shape is {7}"}));
  for (const auto& c : {max_norm(1), unit_norm(), min_max_norm(0, 1)}) {
    std::vector<T> G(6);
    const auto parts = {"constraint: a norm", "update knows no shape", "parameter_options::shape"};
    CHECK(holds_all(refusal([&] { update(w, g, G, 0.1, {.constraint = c}); }), parts));
    CHECK(holds_all(refusal([&] { reference::update(w, g, G, 0.1, {.constraint = c}); }), parts));
    CHECK(w == start);
    CHECK(G == std::vector<T>(6));
  }
  CHECK_NOTHROW(o.add("w", w, g, {.shape = {6}}));
  o.step();
  const auto stepped = w;
  const auto shapeless = refusal([&] { o.change_options("w", [](auto& options) { options = {.rule = {.constraint = unit_norm()}}; }); });
  CHECK(holds_all(shapeless, {"parameter \"w\"", "shape"}));
  CHECK(o.options("w").rule.constraint.kind == constraint_kind::none);
  CHECK(w == stepped);
}

TEST_CASE("shapes and lists of axes hold eight entries at most") {
  CHECK(tensor_shape{1, 2, 3, 4, 5, 6, 7, 8}.size() == 8);
  const auto parts = {"more than 8", "join axes"};
  CHECK(holds_all(refusal([] { (void)tensor_shape{1, 2, 3, 4, 5, 6, 7, 8, 9}; }), parts));
  CHECK(holds_all(refusal([] { (void)norm_axes{0, 1, 2, 3, 4, 5, 6, 7, 8}; }), parts));
  CHECK(holds_all(refusal([] { (void)tensor_shape(std::vector<std::size_t>(9, 1)); }), parts));
  // All eight may be reduced, and any of them kept.
  std::vector<double> w(256, 1.0);
  reference::constrain_norms(std::span<double>(w), {2, 2, 2, 2, 2, 2, 2, 2}, unit_norm({0, 1, 2, 3, 4, 5, 6, 7}), 0);
  CHECK(w == std::vector<double>(256, 1.0 / 16));
  reference::constrain_norms(std::span<double>(w), {2, 2, 2, 2, 2, 2, 2, 2}, unit_norm({0, 2, 4, 6}), 0);
  CHECK(w == std::vector<double>(256, 0.25));
}

TEST_CASE("a constraint's idle fields, and kinds that are not on norms, are refused by name") {
  std::vector<float> w{3, 4}, g(2), G(2);
  CHECK(holds_all(refusal([&] { reference::constrain_norms(w, {2}, box(0, 1), 0); }), {"constraint.kind is 2", "none of those on norms"}));
  const auto refused = [&](const parameter_constraint& c, const char* field) {
    CHECK(holds_all(refusal([&] { optimizer o({.defaults = {.rule = {.constraint = c}, .shape = {2}}}); }), {field, "does not look at"}));
  };
  refused({.upper = 1}, "constraint.upper is 1");
  refused({.lower = 1}, "constraint.lower is 1");
  refused({.kind = constraint_kind::non_negative, .upper = 1}, "constraint.upper is 1");
  refused({.kind = constraint_kind::box, .lower = 0, .upper = 1, .rate = 0.5}, "constraint.rate is 0.5");
  refused({.kind = constraint_kind::max_norm, .lower = 0.9, .upper = 1}, "constraint.lower is 0.9");
  refused({.kind = constraint_kind::unit_norm, .upper = 1}, "constraint.upper is 1");
  CHECK(w == std::vector<float>{3, 4});
}
