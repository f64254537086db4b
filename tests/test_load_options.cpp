// Whose options an optimizer has after a load, and what is refused when a file does not fit.
#include <doctest/doctest.h>

#include <sstream>

#include "adagrad/checkpoint.hpp"
#include "checkpoint/header.hpp"
#include "checkpoint/layout.hpp"
#include "support/refusal.hpp"
#include "support/size.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

struct model {
  std::vector<float> w{1, 2, 3}, g{0.5, -1, 2}, table = std::vector<float>(12, 1.0f), values = std::vector<float>(4, 0.5f);
  std::vector<std::int64_t> rows{1, 2};
  optimizer o;
  explicit model(const optimizer_options& options = usual(), const parameter_options& own = {}, const row_options& of_rows = {})
      : o(options) {
    o.add("w", w, std::span<const float>(g), own);
    o.add_table("t", rows_view<float>{table.data(), 6, 2}, of_rows, own);
    o.set_row_gradients("t", row_gradients<float>{rows, {values.data(), 2, 2}});
  }
  static optimizer_options usual() { return {.learning_rate = inverse_time{.learning_rate = 0.1, .decay = 0.5}}; }
};

std::string saved(model& m) {
  std::ostringstream out;
  save(m.o, out);
  return out.str();
}

load_report load_text(model& to, const std::string& text, const load_options& how = {}) {
  std::istringstream in(text);
  return load(to.o, in, how);
}

// What a refused load says; nothing may have changed.
std::string refused(model& to, const std::string& text, const load_options& how = {}) {
  const std::string before = saved(to);
  std::string said;
  try {
    load_text(to, text, how);
  } catch (const checkpoint_error& error) {
    said = error.what();
  }
  CHECK(saved(to) == before);
  return said;
}

std::string trained(const optimizer_options& options = model::usual(), const parameter_options& own = {}, const row_options& of_rows = {}) {
  model m(options, own, of_rows);
  for (int i = 0; i < 3; ++i) m.o.step();
  return saved(m);
}

}  // namespace

TEST_CASE("must_match lists every difference, by field") {
  parameter_options own{.rule = {.epsilon = 1e-5, .proximal_l1 = 0.25}};
  model other({.learning_rate = 0.5, .global_clip_norm = 2}, own, {.duplicates = duplicate_rule::mean});
  const std::string said = refused(other, trained());
  CHECK(holds_all(
      said, {"adagrad: cannot load", "optimizer.global_clip_norm is inf in the file, 2 here", "learning_rate is inverse_time(",
             "0x1p-1 here", "parameter \"w\".rule.epsilon is 1e-08 in the file, 1e-05 here",
             "parameter \"w\".rule.proximal_l1 is 0 in the file, 0.25 here", "parameter \"t\".duplicates is sum in the file, mean here"}));
}

TEST_CASE("keep_mine goes on with the optimizer's options, from_file with the file's") {
  const std::string file = trained();
  const parameter_options own{.rule = {.epsilon = 1e-2}};
  const optimizer_options mine{.learning_rate = 0.25, .defaults = own, .non_finite = non_finite_policy::error};
  model kept(mine, own), taken(mine, own), expected;
  CHECK(load_text(kept, file, {.options = options_after_load::keep_mine}).iterations == 3);
  CHECK(kept.o.learning_rate() == 0.25);
  CHECK(kept.o.options("w").rule.epsilon == 1e-2);
  CHECK(load_text(taken, file, {.options = options_after_load::from_file}).iterations == 3);
  load_text(expected, file);
  CHECK(saved(taken) == saved(expected));
  CHECK(taken.o.learning_rate() == expected.o.learning_rate());
  for (int i = 0; i < 3; ++i) taken.o.step(), expected.o.step();
  CHECK(saved(taken) == saved(expected));
}

TEST_CASE("from_file brings arrays that were not there: averages and their options") {
  const parameter_options averaged{.average = {.enabled = true, .momentum = 0.5}};
  optimizer_options options = model::usual();
  std::vector<float> w{1, 2}, g{1, -1}, v = w;
  optimizer first(options), second(options);
  first.add("w", w, std::span<const float>(g), averaged);
  second.add("w", v, std::span<const float>(g));
  for (int i = 0; i < 3; ++i) first.step();
  std::stringstream file;
  save(first, file);
  load(second, file, {.options = options_after_load::from_file});
  first.step();
  second.step();
  CHECK(v == w);
  const auto a = first.state_of<float>("w", state_array::averages), b = second.state_of<float>("w", state_array::averages);
  CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

TEST_CASE("a rate of a parameter's own needs a group here") {
  std::vector<float> w{1, 2}, g{1, -1};
  std::ostringstream out;
  optimizer grouped(model::usual());
  grouped.add_group("slow", {}, 0.125);
  grouped.add("w", w, std::span<const float>(g), in_group{"slow"});
  save(grouped, out);
  for (const auto options : {options_after_load::must_match, options_after_load::from_file, options_after_load::keep_mine}) {
    optimizer plain(model::usual());
    plain.add("w", w, std::span<const float>(g));
    std::istringstream in(out.str());
    std::string said;
    try {
      load(plain, in, {.options = options});
    } catch (const checkpoint_error& error) {
      said = error.what();
    }
    CAPTURE(static_cast<int>(options));
    if (options == options_after_load::keep_mine) CHECK(said.empty());
    else CHECK(holds_all(said, {"parameter \"w\".learning_rate is 0x1p-3 in the file, and it is in no group here", "add_group"}));
  }
}

TEST_CASE("a custom schedule must be there again, and give the recorded rate") {
  const schedule mine = [](std::uint64_t i) { return 1.0 / static_cast<double>(i + 1); };
  const schedule other = [](std::uint64_t) { return 0.7; };
  const std::string file = trained({.learning_rate = mine});
  model same({.learning_rate = mine}), wrong({.learning_rate = other}), none;
  CHECK(load_text(same, file).iterations == 3);
  CHECK(holds_all(refused(wrong, file), {"learning_rate is custom(rate=0x1p-2) in the file", "must give the same rate at iteration 3"}));
  CHECK(holds_all(refused(none, file), {"custom(rate=0x1p-2)"}));
  CHECK(holds_all(refused(none, file, {.options = options_after_load::from_file}), {"custom(rate=0x1p-2)"}));
  CHECK(load_text(none, file, {.options = options_after_load::from_file, .learning_rate = mine}).iterations == 3);
  CHECK(none.o.learning_rate() == 0.25);
  CHECK(load_text(wrong, file, {.options = options_after_load::keep_mine}).iterations == 3);
  CHECK(wrong.o.learning_rate() == 0.7);
}

TEST_CASE("partial loads say what they left out; without asking they are refused") {
  const std::string file = trained();
  std::vector<float> w{9, 9, 9}, x{5};
  optimizer o(model::usual());
  o.add("w", w, {});
  o.add("x", x, {});
  std::istringstream in(file), again(file), third(file);
  std::string said;
  try {
    load(o, in);
  } catch (const checkpoint_error& error) {
    said = error.what();
  }
  CHECK(holds_all(said, {"parameter \"x\" is not in the file", "parameter \"t\" is in the file, but not here"}));
  CHECK(w == std::vector<float>{9, 9, 9});
  const load_report report = load(o, again, {.partial = true});
  CHECK(report.not_in_file == std::vector<std::string>{"x"});
  CHECK(report.not_in_optimizer == std::vector<std::string>{"t"});
  CHECK(w != std::vector<float>{9, 9, 9});
  CHECK(x == std::vector<float>{5});
  CHECK(o.iterations() == 3);
  CHECK_THROWS_AS(load(o, third, {.options = options_after_load::from_file, .partial = true}), std::invalid_argument);
}

TEST_CASE("other shapes, types and kinds are refused by name") {
  const std::string file = trained();
  std::vector<float> w{1, 2, 3, 4}, t(12);
  std::vector<double> d{1, 2, 3};
  const auto said_to = [&](const auto& add) {
    optimizer o(model::usual());
    add(o);
    std::istringstream in(file);
    try {
      load(o, in, {.partial = true});
    } catch (const checkpoint_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(holds_all(said_to([&](optimizer& o) { o.add("w", w, {}); }), {"\"param/w\" has the shape [3] in the file, [4] here"}));
  CHECK(holds_all(said_to([&](optimizer& o) { o.add("w", d, {}); }), {"\"param/w\" is F32 in the file, F64 here"}));
  CHECK(holds_all(said_to([&](optimizer& o) { o.add("t", t, {}); }), {"\"t\" is a table in the file, an array here"}));
  CHECK(holds_all(said_to([&](optimizer& o) { o.add_table("t", rows_view<float>{t.data(), 4, 3}); }), {"[6, 2] in the file, [4, 3] here"}));
}

TEST_CASE("from_file lets go of arrays that the file's options do not ask for") {
  const parameter_options sums{.rule = {.proximal_l1 = 1e-3}, .initial_accumulator = 0.1, .method = method::dual_averaging};
  std::vector<float> w{1, 2}, g{1, -1}, v{3, 4};
  optimizer first(model::usual()), second(model::usual());
  first.add("w", w, std::span<const float>(g));
  second.add("w", v, std::span<const float>(g), sums);
  for (int i = 0; i < 3; ++i) first.step(), second.step();
  std::stringstream file;
  save(first, file);
  load(second, file, {.options = options_after_load::from_file});
  first.step();
  second.step();
  CHECK(v == w);
  CHECK(second.options("w").method != method::dual_averaging);
}

TEST_CASE("arrays that only the file's options bring must fit, too") {
  std::vector<float> w{1, 2, 3, 4}, g{1, -1, 1, -1}, v = w;
  optimizer first(model::usual()), second(model::usual());
  first.add("w", w, std::span<const float>(g), {.shape = {2, 2}, .average = {.enabled = true, .momentum = 0.5}});
  second.add("w", v, std::span<const float>(g), {.shape = {2, 2}});
  first.step();
  std::ostringstream out;
  save(first, out);
  const std::string good = out.str();
  checkpoint::header h = checkpoint::read_header(good, good.size());
  const std::string data = good.substr(h.data_begin);
  for (checkpoint::tensor& t : h.tensors)
    if (t.name == "state/w/average") t.shape = {4, 1};
  h.metadata[checkpoint::key::digest] = checkpoint::header_digest(h);
  std::istringstream bad(checkpoint::write_header(h) + data);
  const std::vector<float> before = v;
  std::string said;
  try {
    load(second, bad, {.options = options_after_load::from_file});
  } catch (const checkpoint_error& error) {
    said = error.what();
  }
  CHECK(holds_all(said, {"\"state/w/average\" has the shape [4, 1], and must have [2, 2] to go with its parameter"}));
  CHECK(v == before);
  CHECK_FALSE(second.options("w").average.enabled);
  CHECK(second.step().iteration == 0);
}

TEST_CASE("rows that a partial load leaves out owe what they did, and pay it once when it brings another rate") {
  const parameter_options lazy{.rule = {.proximal_l2 = 0.5}};
  struct table_model {
    std::vector<float> table = std::vector<float>(12, 1.0f), values = std::vector<float>(4, 0.5f), x{1}, g{1};
    std::vector<std::int64_t> rows{1, 2};
    optimizer o{{.learning_rate = 0.25}};
    explicit table_model(const parameter_options& own) {
      o.add("x", x, std::span<const float>(g));
      o.add_table("t", rows_view<float>{table.data(), 6, 2}, {.lazy = lazy_term::l2}, own);
      for (std::int64_t i = 0; i < 3; ++i) {
        rows = {i, i + 2};  // others owe
        o.set_row_gradients("t", row_gradients<float>{rows, {values.data(), 2, 2}});
        o.step();
      }
    }
  };
  optimizer small({.learning_rate = 0.25});
  std::vector<float> x{1}, g{1};
  small.add("x", x, std::span<const float>(g));
  small.step();
  for (const bool other_rate : {false, true}) {
    table_model loaded(lazy), twin(lazy);
    std::stringstream file;
    save(small, file);
    load_options how{.options = options_after_load::keep_mine, .partial = true};
    if (other_rate) how.learning_rate = 0.5;
    CHECK(load(loaded.o, file, how).not_in_file == std::vector<std::string>{"t"});
    if (other_rate) twin.o.set_learning_rate(0.5);
    const std::vector<float> before = twin.table;
    loaded.o.flush();
    twin.o.flush();
    CHECK(loaded.table == twin.table);
    CHECK((twin.table == before) == other_rate);
  }
}
