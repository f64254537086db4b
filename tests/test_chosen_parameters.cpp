// Saving and loading of chosen parameters, and what a load leaves as it is.
#include <doctest/doctest.h>

#include <limits>
#include <sstream>

#include "adagrad/checkpoint.hpp"
#include "support/refusal.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

using names = std::vector<std::string>;

struct model {
  std::vector<float> a{1, 2, 3}, b{4, 5}, c{6}, g{0.5, -1, 2};
  optimizer o;
  explicit model(const optimizer_options& options = {.learning_rate = 0.1}, const parameter_options& own = {}) : o(options) {
    o.add("a", a, std::span<const float>(g), own);
    o.add("b", b, std::span<const float>(g.data(), 2), own);
    o.add("c", c, std::span<const float>(g.data(), 1), own);
  }
  model& trained(int steps) {
    for (int i = 0; i < steps; ++i) o.step();
    return *this;
  }
  std::string saved(const save_options& what = {}) {
    std::ostringstream out;
    save(o, out, what);
    return out.str();
  }
  load_report load_text(const std::string& text, const load_options& how = {}) {
    std::istringstream in(text);
    return load(o, in, how);
  }
  std::string refused(const std::string& text, const load_options& how = {}) {
    const std::string before = saved();
    std::string said;
    try {
      load_text(text, how);
    } catch (const checkpoint_error& error) {
      said = error.what();
    }
    CHECK(saved() == before);
    return said;
  }
};

}  // namespace

TEST_CASE("a file of chosen parameters has these alone, and goes where they are") {
  model whole, other;
  whole.trained(3);
  const std::string file = whole.saved({.parameters = {"c", "a", "c"}});
  CHECK(file.find("param/b") == std::string::npos);
  CHECK(holds_all(other.refused(file), {"parameter \"b\" is not in the file"}));
  const load_report report = other.load_text(file, {.partial = true});
  CHECK(report.not_in_file == names{"b"});
  CHECK(other.a == whole.a);
  CHECK(other.c == whole.c);
  CHECK(other.b == std::vector<float>{4, 5});
  CHECK(other.o.iterations() == 3);
  const snapshot copy(whole.o, {.parameters = {"a", "c"}});
  std::ostringstream out;
  copy.save(out);
  CHECK(out.str() == file);
}

TEST_CASE("chosen parameters of a whole file are loaded, the others stay") {
  model whole, other;
  const std::string file = whole.trained(3).saved();
  const load_report report = other.trained(1).load_text(file, {.parameters = {"b"}});
  CHECK(report.not_in_file.empty());
  CHECK(report.not_in_optimizer.empty());
  CHECK(other.b == whole.b);
  CHECK(other.a == model().trained(1).a);
  CHECK(other.o.accumulators<float>("a")[0] == model().trained(1).o.accumulators<float>("a")[0]);
  CHECK(other.o.accumulators<float>("b")[0] == whole.o.accumulators<float>("b")[0]);
  CHECK(other.o.iterations() == 3);
  const std::string of_a = whole.saved({.parameters = {"a"}});
  CHECK(holds_all(other.refused(of_a, {.parameters = {"b"}}), {"parameter \"b\" is not in the file"}));
  CHECK(other.load_text(of_a, {.parameters = {"b"}, .partial = true}).not_in_file == names{"b"});
}

TEST_CASE("names of no parameter, and choices beside from_file, are refused") {
  model m;
  const std::string file = m.saved();
  CHECK(holds_all(refusal([&] { m.saved({.parameters = {"a", "x"}}); }), {"save_options::parameters", "\"x\"", "check the spelling"}));
  CHECK(holds_all(refusal([&] { snapshot(m.o, {.parameters = {"x"}}); }), {"save_options::parameters", "\"x\""}));
  CHECK(holds_all(refusal([&] { m.load_text(file, {.parameters = {"x"}}); }), {"load_options::parameters", "\"x\""}));
  CHECK(holds_all(refusal([&] { m.load_text(file, {.options = options_after_load::from_file, .parameters = {"a"}}); }),
                  {"load_options::parameters does not go with options_after_load::from_file"}));
}

TEST_CASE("what stays must be as far into its window of gradients as the file") {
  const optimizer_options windows{.learning_rate = 0.1, .accumulation = {.calls = 4}};
  model whole(windows), at_start(windows), as_far(windows);
  const std::string file = whole.trained(6).saved();
  CHECK(holds_all(at_start.refused(file, {.parameters = {"a"}}), {"parameter \"b\" keeps its state", "of 0 calls", "it is 2"}));
  as_far.trained(2).load_text(file, {.parameters = {"a"}});
  CHECK(as_far.o.pending_calls() == 2);
  at_start.load_text(file);
  CHECK(at_start.o.pending_calls() == 2);
}

TEST_CASE("keep_mine says which arrays it has no use for") {
  const parameter_options averaged{.average = {.enabled = true}};
  model whole({.learning_rate = 0.1}, averaged), other;
  const load_report report = other.load_text(whole.trained(2).saved(), {.options = options_after_load::keep_mine});
  CHECK(report.left_out == names{"state/a/average", "state/b/average", "state/c/average"});
}

TEST_CASE("accumulators that bad gradients have made NaN or infinite are saved and loaded like others") {
  model whole, other;
  whole.g[0] = std::numeric_limits<float>::quiet_NaN();
  whole.g[1] = std::numeric_limits<float>::infinity();
  const std::string file = whole.trained(1).saved();
  other.load_text(file);
  CHECK(other.saved() == file);
}

TEST_CASE("from_file gives each group the rate that its parameters have in the file") {
  struct grouped {
    std::vector<float> w[3] = {{1}, {2}, {3}}, g{1};
    optimizer o;
    grouped(const std::optional<schedule>& first, const std::optional<schedule>& second, bool together = false)
        : o(optimizer_options{.learning_rate = 0.1}) {
      o.add_group("first", {}, first);
      o.add_group("second", {}, second);
      o.add("w", w[0], std::span<const float>(g));
      o.add("x", w[1], std::span<const float>(g), in_group{"first"});
      o.add("y", w[2], std::span<const float>(g), in_group{together ? "first" : "second"});
    }
  };
  const auto file_of = [](grouped& from) {
    std::ostringstream out;
    save(from.o, out);
    return out.str();
  };
  const auto load_text = [](grouped& to, const std::string& text) {
    std::istringstream in(text);
    return load(to.o, in, {.options = options_after_load::from_file});
  };
  grouped from(0.5, std::nullopt);
  const std::string file = file_of(from);
  grouped other(std::nullopt, 0.25);  // the group of "y" has a rate of its own here, and that of all in the file
  load_text(other, file);
  CHECK(other.o.learning_rate("x") == 0.5);
  CHECK(other.o.learning_rate("y") == 0.1);
  CHECK(file_of(other) == file);
  grouped together(std::nullopt, std::nullopt, true);
  const std::string before = file_of(together);
  CHECK_THROWS_WITH_AS(load_text(together, file), doctest::Contains("give it a group of its own"), checkpoint_error);
  CHECK(file_of(together) == before);
}
