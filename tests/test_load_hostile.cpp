// Checkpoints made to bring an optimizer where its own interface never would: each is refused for its own reason, with nothing changed.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>

#include "support/hostile_checkpoints.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

// What a refused load says; empty where it is taken.
std::string refusal(fuzz::model& model, const std::string& file, const load_options& how) {
  try {
    model.load(file, how);
  } catch (const checkpoint_error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("each hostile checkpoint is refused for its own reason, and changes nothing") {
  const hostile_checkpoints files;
  CHECK(files.all().size() > 130);
  std::map<std::string, std::string> names, messages;
  for (const hostile_checkpoint& each : files.all()) {
    INFO(each.name);
    CHECK(names.emplace(each.name, "").second);
    fuzz::model model(each.kind);
    model.steps(2);
    const std::string before = model.saved();
    const std::string said = refusal(model, each.bytes, {.options = each.options});
    CHECK(said == "adagrad: cannot load from the stream: " + each.expected);
    const auto [same, is_new] = messages.emplace(said, each.name);
    INFO("the same as " << same->second);
    CHECK(is_new);
    CHECK(said.size() < 1000);
    CHECK(std::all_of(said.begin(), said.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
    CHECK(model.saved() == before);
    model.steps(1);
  }
}
