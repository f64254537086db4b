// Every format that was ever written is read for ever: the files of tests/golden/checkpoints, which are never written anew.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "adagrad/checkpoint.hpp"
#include "support/golden_models.hpp"
#include "support/golden_state.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

const std::filesystem::path folder = ADAGRAD_TEST_DATA;

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string saved(golden_model& model) {
  std::ostringstream out;
  save(model.optimizer(), out);
  return out.str();
}

// As if the file's library had saved it.
std::string saved_by(const std::string& version, golden_model& model) {
  opened_file file = open_file(saved(model));
  file.metadata[checkpoint::key::version] = version;
  return sealed(file);
}

}  // namespace

TEST_CASE("the folder has the files of the list, and no others") {
  std::set<std::string> listed{"expected.txt"}, there;
  for (const golden_file& each : golden_files()) CHECK(listed.insert(each.name + ".safetensors").second);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) there.insert(entry.path().filename().string());
  CHECK(there == listed);
}

TEST_CASE("each golden file brings its state, whoever's options are taken; saved again it has the same bytes") {
  std::string all;
  for (const golden_file& each : golden_files()) {
    CAPTURE(each.name);
    const std::filesystem::path path = folder / (each.name + ".safetensors");
    const std::string bytes = content_of(path), version = open_file(bytes).metadata.at(checkpoint::key::version);
    for (const auto options : {options_after_load::must_match, options_after_load::from_file}) {
      const auto model = each.make();
      model->optimizer().step();  // what it has is replaced
      load(model->optimizer(), path, {.options = options});
      CHECK(saved_by(version, *model) == bytes);
      if (options == options_after_load::from_file) all += golden_state(each.name, saved(*model));
      model->optimizer().step();
    }
  }
  CHECK(all == content_of(folder / "expected.txt"));
}
