// Clipping by value, by each parameter's norm and by the norm of all: order, forms, range, and the same bits however the work is split.
#include <algorithm>
#include <array>
#include <limits>

#include "support/refusal.hpp"
#include "support/rules.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan_value = std::numeric_limits<double>::quiet_NaN();

// The gradients that a step used, up to sign: the roots of the accumulators, which were 0 before. Exact for small whole numbers and powers of two.
template <class T>
std::vector<T> used(std::vector<T> g, const optimizer_options& options, const parameter_options& own, step_report* report = nullptr) {
  std::vector<T> w(g.size());
  optimizer o(options);
  o.add("w", w, std::span<const T>(g), own);
  const step_report made = o.step();
  if (report != nullptr) *report = made;
  std::vector<T> result;
  for (const T G : o.template accumulators<T>("w")) result.push_back(std::sqrt(G));
  return result;
}

template <class T>
using values = std::vector<T>;

}  // namespace

TEST_CASE_TEMPLATE("by hand: each norm, the global norm, both orders, both forms", T, float, double) {
  const values<T> g{3, 4};  // norm 5
  CHECK(used<T>(g, {}, {.clip_norm = 2.5}) == values<T>{1.5, 2});
  CHECK(used<T>(g, {.global_clip_norm = 2.5}, {}) == values<T>{1.5, 2});
  CHECK(used<T>(g, {}, {.clip_norm = 5}) == g);  // not above it
  CHECK(used<T>(g, {}, {.clip_norm = 1e30}) == g);
  // The norm first: 1.5 and 2, of which the second is cut. The values first: 1 and 1, whose norm is below 2.5.
  CHECK(used<T>(g, {.clip_order = clip_order::norms_then_value}, {.rule = {.clip_value = 1.75}, .clip_norm = 2.5}) == values<T>{1.5, 1.75});
  CHECK(used<T>(g, {.clip_order = clip_order::value_then_norms}, {.rule = {.clip_value = 1}, .clip_norm = 2.5}) == values<T>{1, 1});
  CHECK(used<T>({6, 8}, {.global_clip_norm = 5, .clip_order = clip_order::norms_then_value}, {.rule = {.clip_value = 3.5}}) ==
        values<T>{3, 3.5});
  CHECK(used<T>({6, 9}, {.global_clip_norm = 5, .clip_order = clip_order::value_then_norms}, {.rule = {.clip_value = 6}})[0] ==
        used<T>({6, 9}, {.global_clip_norm = 5, .clip_order = clip_order::value_then_norms}, {.rule = {.clip_value = 6}})[1]);
  // What is reported is the norm of what is clipped, by value or not, after scaling.
  step_report report{};
  used<T>({6, 8}, {.global_clip_norm = 100, .clip_order = clip_order::value_then_norms},
          {.rule = {.gradient_scale = 0.5, .clip_value = 0.5}}, &report);
  CHECK(report.global_norm == std::sqrt(0.5));
  used<T>({6, 8}, {.global_clip_norm = 100}, {.rule = {.gradient_scale = 0.5, .clip_value = 0.5}}, &report);
  CHECK(report.global_norm == 5);
  used<T>({6, 8}, {}, {.clip_norm = 1}, &report);
  CHECK(report.global_norm == 0);
  // PyTorch's form: c / (n + 1e-6), which clips at n = c too.
  const T guarded = static_cast<T>(5 / (5 + 1e-6));
  const auto by_guarded = used<T>(g, {.clip_form = clip_form::guarded}, {.clip_norm = 5});
  CHECK(by_guarded[0] == std::sqrt((guarded * 3) * (guarded * 3)));
  CHECK(by_guarded[0] < 3);
  CHECK(used<T>(g, {.clip_form = clip_form::guarded}, {.clip_norm = 5.1}) == g);
}

TEST_CASE("the factor is rounded once to the parameter's type, from the quotient in double") {
  const std::vector<float> g{1, 1, 1};
  const double norm = std::sqrt(3.0);
  int other = 0;  // where a quotient of floats would have been another number
  for (int i = 1; i < 100; ++i) {
    const double largest = 0.01 * i;
    const auto factor = static_cast<float>(largest / norm);
    other += factor != static_cast<float>(largest) / static_cast<float>(norm);
    CHECK(reference::clip_factor(norm, largest) == largest / norm);
    CHECK(used<float>(g, {}, {.clip_norm = largest})[0] == std::sqrt(factor * factor));
  }
  CHECK(other > 10);
}

TEST_CASE_TEMPLATE("a norm that is not above the largest is no operation: the bits of no clipping at all", T, float, double) {
  for_each_isa([&](const std::string&) {
    const auto data = usual_arrays<T>(5000, 17);
    auto clipped = data, plain = data;
    clipped.gradients[4999] = plain.gradients[4999] = std::numeric_limits<T>::denorm_min();
    const double norm = reference::norm(std::span<const T>(data.gradients));
    for (const bool global : {false, true}) {
      optimizer a({.global_clip_norm = global ? 2 * norm : infinity}), b;
      a.add("w", clipped.parameters, std::span<const T>(clipped.gradients), {.clip_norm = global ? infinity : 2 * norm});
      b.add("w", plain.parameters, std::span<const T>(plain.gradients));
      a.step();
      b.step();
      CHECK(first_difference(clipped.parameters, plain.parameters) == 5000);
      CHECK(first_difference(a.accumulators<T>("w"), b.accumulators<T>("w")) == 5000);
    }
  });
}

TEST_CASE("a norm that is NaN or infinite makes every gradient NaN where it is let through; elsewhere nothing") {
  for (const double bad : {nan_value, infinity}) {
    std::vector<float> w(10, 1), v(10, 1), g(10, 1), h(10, 1);
    g[9] = static_cast<float>(bad);
    const auto all_nan = [](const std::vector<float>& x) { return std::ranges::all_of(x, [](float each) { return std::isnan(each); }); };
    optimizer each({.defaults = {.clip_norm = 100}});
    each.add("w", w, g);
    each.add("v", v, h);
    each.step();
    CHECK(all_nan(w));
    CHECK(v[0] < 1);
    w.assign(10, 1);
    v.assign(10, 1);
    optimizer global({.global_clip_norm = 100});
    global.add("w", w, g);
    global.add("v", v, h);
    CHECK_FALSE(std::isfinite(global.step().global_norm));
    CHECK(all_nan(w));
    CHECK(all_nan(v));
  }
}

TEST_CASE("the global norm adds floats and doubles in the order in which they were added, for any thread count and instruction set") {
  random_bits random(23);
  std::vector<std::vector<float>> floats;
  std::vector<std::vector<double>> doubles;
  for (const std::size_t n : {1, 17, 4096, 5000, 20'000, 0, 8192}) {
    floats.emplace_back(n);
    doubles.emplace_back(n + 3);
    for (float& x : floats.back()) x = usual_value<float>(random);
    for (double& x : doubles.back()) x = usual_value<double>(random);
  }
  double sum = 0;
  for (std::size_t i = 0; i < floats.size(); ++i) {
    sum = sum + reference::sum_of_squares(floats[i]);
    sum = sum + reference::sum_of_squares(doubles[i]);
  }
  for_each_isa([&](const std::string&) {
    for (const unsigned threads : {1u, 2u, 3u, 8u}) {
      auto w = floats;
      auto x = doubles;
      optimizer o({.global_clip_norm = 1, .how = {.threads = threads, .serial_below = 0}});
      for (std::size_t i = 0; i < floats.size(); ++i) {
        o.add(std::to_string(i) + "w", w[i], floats[i]);
        o.add(std::to_string(i) + "x", x[i], doubles[i]);
      }
      CHECK(o.step().global_norm == std::sqrt(sum));
    }
  });
}

TEST_CASE("sums of squares that leave the range of doubles are formed again from scaled elements; at its edges they are not") {
  for (const double scale : {0x1p-1074, 0x1p-1030, 0x1p-540, 0x1p-530, 0x1p-480, 0x1p-451, 0x1p-450, 0x1p-449, 0x1p490, 0x1p497, 0x1p501,
                             0x1p511, 0x1p700, 0x1p1020}) {
    CAPTURE(scale);
    std::vector<double> w(5000), g(5000), v(3), h{scale, 2 * scale, 2 * scale}, all;
    for (std::size_t i = 0; i < 5000; ++i) g[i] = i % 3 == 0 ? scale : 0;
    all = g;
    for (const bool global : {true, false}) {
      optimizer o({.global_clip_norm = global ? scale : infinity});
      o.add("w", w, g, {.clip_norm = global ? infinity : scale});
      o.add("v", v, h, {.clip_norm = global ? infinity : scale});
      const step_report report = o.step();
      if (!global) {
        CHECK(report.global_norm == 0);
        const double factor = 1.0 / 3;  // of the norm 3 * scale
        CHECK(o.accumulators<double>("v")[0] == (scale * factor) * (scale * factor));
        continue;
      }
      // 1,667 ones and 9, in units of scale; where all squares vanish so does the norm.
      CHECK(report.global_norm == (scale < 0x1p-539 ? 0 : std::sqrt(1676.0) * scale));
    }
  }
  // Floats need no rescue: their squares are doubles.
  std::vector<float> w(3), g{0x1p-149F, 0x1p-148F, 0x1p-148F};
  optimizer o({.global_clip_norm = 1});
  o.add("w", w, g);
  CHECK(o.step().global_norm == 3 * 0x1p-149);
  g = {0x1p127F, 0x1p126F, 0x1p127F};
  CHECK(o.step().global_norm == 1.5 * 0x1p127);
}

TEST_CASE(
    "a rescued norm loses nothing: that of elements times a power of two is the norm times it, where squares are subnormal or infinite") {
  std::vector<double> w(5000), g(5000), scaled(5000);
  random_bits random(31);
  for (double& x : g) x = usual_value<double>(random);
  for (const double scale : {0x1p-530, 0x1p-480, 0x1p520, 0x1p1000}) {
    std::ranges::transform(g, scaled.begin(), [&](double x) { return scale * x; });
    optimizer o({.global_clip_norm = 1});
    o.add("w", w, scaled);
    CHECK(o.step().global_norm == scale * reference::norm(std::span<const double>(g)));
  }
}

TEST_CASE("a rescued norm holds very small elements beside very large ones") {
  std::vector<double> w(4), g{0x1p600, 0x1p600, 0x1p-600, 0};
  optimizer o({.global_clip_norm = 0x1p600});
  o.add("w", w, g);
  CHECK(o.step().global_norm == std::sqrt(2.0) * 0x1p600);
}

TEST_CASE(
    "a parameter without gradients counts neither in the global norm nor is it clipped; parameters without clip_norm are left alone") {
  std::vector<float> w(2), g{3, 4}, v(2), h{300, 400};
  optimizer o({.global_clip_norm = 1});
  o.add("w", w, g);
  o.add("v", v, h);
  o.detach_gradients("v");
  CHECK(o.step().global_norm == 5);
  optimizer each;
  each.add("w", w, g, {.clip_norm = 0.5});
  each.add("v", v, h);
  each.step();
  CHECK(each.accumulators<float>("w")[0] == doctest::Approx(0.09));
  CHECK(each.accumulators<float>("v")[0] == 90'000);
  // Switched off, nothing of the last factor is left.
  each.change_options("w", [](parameter_options& p) {
    p.clip_norm = infinity;
    p.rule.gradient_scale = 2;
  });
  const float before = each.accumulators<float>("w")[0];
  each.step();
  CHECK(each.accumulators<float>("w")[0] == before + 36);
}

TEST_CASE("value_then_norms: norms are those of clipped values, also of gradients that are only pending") {
  std::vector<float> w(4, 1), g(4, 8);
  optimizer o({.clip_order = clip_order::value_then_norms, .accumulation = {.calls = 2}});
  o.add("w", w, g, {.rule = {.clip_value = 1}, .clip_norm = 1});
  o.step();
  o.detach_gradients("w");
  o.step();
  CHECK(o.accumulators<float>("w")[0] == 0.25F);  // the mean, 4, cut to 1; then the norm, 2, to 1
}

TEST_CASE("kinds of clipping that exclude each other are refused by name") {
  std::vector<float> w(4), g(4);
  const auto both = [&] { optimizer o({.defaults = {.clip_norm = 2}, .global_clip_norm = 3}); };
  CHECK(holds_all(refusal(both), {"clip_norm is 2 and global_clip_norm is 3", "exclude each other", "infinite"}));
  optimizer global({.global_clip_norm = 3});
  CHECK(holds_all(refusal([&] { global.add("w", w, g, {.clip_norm = 2}); }), {"parameter \"w\"", "exclude each other"}));
  CHECK(holds_all(refusal([&] { global.add_group("g", [](parameter_options& p) { p.clip_norm = 2; }); }), {"exclude each other"}));
  global.add("w", w, g);
  CHECK(holds_all(refusal([&] { global.change_options("w", [](parameter_options& p) { p.clip_norm = 2; }); }), {"parameter \"w\""}));
  CHECK(std::isinf(global.options("w").clip_norm));
  for (const auto& [value, norm, all] : {std::array{1.0, 2.0, infinity}, {1.0, infinity, 3.0}}) {
    const auto two = [&, value = value, norm = norm, all = all] {
      optimizer o({.defaults = {.rule = {.clip_value = value}, .clip_norm = norm}, .global_clip_norm = all, .one_clip_only = true});
    };
    CHECK(holds_all(refusal(two), {"one_clip_only is set, but clip_value is 1", "clip_norm", "global_clip_norm"}));
  }
  for (const auto& [value, norm, all] : {std::array{1.0, infinity, infinity}, {infinity, 2.0, infinity}, {infinity, infinity, 3.0}})
    CHECK_NOTHROW(
        optimizer({.defaults = {.rule = {.clip_value = value}, .clip_norm = norm}, .global_clip_norm = all, .one_clip_only = true}));
  for (const double bad : {nan_value, 0.0, -1.0}) {
    CHECK(holds_all(refusal([&] { optimizer o({.global_clip_norm = bad}); }), {"global_clip_norm is ", "above 0"}));
    CHECK(holds_all(refusal([&] { optimizer o({.defaults = {.clip_norm = bad}}); }), {"clip_norm is ", "above 0"}));
  }
}
