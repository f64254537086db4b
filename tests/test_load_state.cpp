// What an optimizer remembers after a load: names of all kinds, rates of groups, windows of gradients, arrays that only the file's options ask for.
#include <doctest/doctest.h>

#include <sstream>
#include <utility>

#include "adagrad/checkpoint.hpp"

using namespace adagrad;

namespace {

std::string saved(optimizer& o) {
  std::ostringstream out;
  save(o, out);
  return out.str();
}

std::string refusal(optimizer& to, const std::string& file, const load_options& how = {}) {
  std::istringstream in(file);
  try {
    load(to, in, how);
  } catch (const checkpoint_error& error) {
    return error.what();
  }
  return {};
}

// Some parameters, each in its group.
struct model {
  std::vector<std::vector<float>> w;
  std::vector<float> g{1, -1};
  optimizer o;

  model(optimizer_options options, const std::vector<std::pair<std::string, schedule>>& groups,
        const std::vector<std::pair<std::string, std::string>>& parameters, float first = -1)
      : w(parameters.size(), {first, 2}), o(std::move(options)) {
    for (const auto& [name, rate] : groups)
      o.add_group(
          name, [](parameter_options&) {}, rate);
    for (std::size_t i = 0; i < w.size(); ++i)
      o.add(parameters[i].first, w[i], std::span<const float>(g), in_group{parameters[i].second, {}});
  }
};

}  // namespace

TEST_CASE("a parameter may have any name, also that of an array of state") {
  const std::vector<std::pair<std::string, std::string>> names{{"accumulator", ""},      {"encoder/accumulator", ""},
                                                               {"param/w", ""},          {"w/row_payment", ""},
                                                               {"state/w", ""},          {"/", ""},
                                                               {"\"quoted\" \\ it", ""}, {"\xc3\xa9t\xc3\xa9 \xf0\x9f\x8c\x9e", ""}};
  model first({}, {}, names), second({}, {}, names, 7);
  first.o.step();
  CHECK(refusal(second.o, saved(first.o)) == "");
  CHECK(second.w == first.w);
  CHECK(saved(second.o) == saved(first.o));
}

TEST_CASE("the rates of groups: from_file takes each, must_match compares each, also that of a parameter whose group is that of all here") {
  const std::string file = [] {
    model m({.learning_rate = 0.5}, {{"a", 0.25}, {"b", 0.5}}, {{"u", ""}, {"v", "a"}, {"w", "b"}});
    m.o.step();
    return saved(m.o);
  }();
  const load_options take{.options = options_after_load::from_file};
  model other({.learning_rate = 1}, {{"a", 0.75}, {"b", 0.125}}, {{"u", ""}, {"v", "a"}, {"w", "b"}});
  CHECK(refusal(other.o, file, take) == "");
  CHECK(saved(other.o) == file);
  CHECK(other.o.learning_rate("v") == 0.25);
  CHECK(other.o.learning_rate("w") == 0.5);

  model flat({.learning_rate = 0.5}, {}, {{"u", ""}, {"v", ""}, {"w", ""}}), shared({}, {{"a", 0.75}}, {{"u", ""}, {"v", "a"}, {"w", "a"}});
  for (const load_options& how : {load_options{}, take})
    CHECK(refusal(flat.o, file, how) ==
          "adagrad: cannot load from the stream: it does not fit this optimizer:\n"
          "  parameter \"v\".learning_rate is 0x1p-2 in the file, and it is in no group here: add it to a group with that rate, see "
          "add_group");
  CHECK(refusal(shared.o, file, take) ==
        "adagrad: cannot load from the stream: it does not fit this optimizer:\n  parameter \"w\".learning_rate is 0x1p-1 in the file, and "
        "0x1p-2 "
        "for others of its group here: give it a group of its own");
}

TEST_CASE("a group that inherits its rate: a schedule of one's own that is supplied holds for it, one that it had stays") {
  const schedule mine = [](std::uint64_t i) { return 1.0 / static_cast<double>(i + 1); };
  const auto make = [](const schedule& all) {
    optimizer o({.learning_rate = all});
    o.add_group("inherits", [](parameter_options&) {});
    return o;
  };
  std::vector<float> w{1}, v{1}, g{1};
  optimizer first = make(mine), second = make(0.125);
  first.add("w", w, std::span<const float>(g), in_group{"inherits", {}});
  second.add("w", v, std::span<const float>(g), in_group{"inherits", {}});
  first.step();
  const load_options how{.options = options_after_load::from_file, .learning_rate = mine};
  CHECK(refusal(second, saved(first), how) == "");
  CHECK(second.learning_rate("w") == 0.5);
  CHECK(saved(second) == saved(first));
}

TEST_CASE("a partial load into the middle of a window is refused: gradients of the parameters that stay would be lost") {
  const optimizer_options windows{.accumulation = {.calls = 3}};
  model in_file(windows, {}, {{"w", ""}}), both(windows, {}, {{"w", ""}, {"x", ""}});
  both.o.step();
  const std::string before = saved(both.o);
  CHECK(refusal(both.o, saved(in_file.o), {.partial = true}) ==
        "adagrad: cannot load from the stream: it does not fit this optimizer:\n"
        "  parameter \"x\" keeps its state, with gradients of 1 calls pending, but in the file it is 0: load when as many calls of the "
        "window have been made as in "
        "the file");
  CHECK(saved(both.o) == before);
  both.o.step(), both.o.step();
  CHECK(refusal(both.o, saved(in_file.o), {.partial = true}) == "");
}

TEST_CASE("from_file drops arrays that only this optimizer's options ask for") {
  const load_options take{.options = options_after_load::from_file};
  model plain({}, {}, {{"w", ""}}),
      all({.defaults = {.method = method::dual_averaging, .average = {.enabled = true}}, .accumulation = {.calls = 3}}, {}, {{"w", ""}});
  plain.o.step(), all.o.step();
  const std::string file = saved(plain.o);
  CHECK(refusal(all.o, file, take) == "");
  CHECK(saved(all.o) == file);
  plain.o.step(), all.o.step();
  CHECK(all.w == plain.w);
}
