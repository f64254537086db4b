// usage: write_golden_checkpoints FOLDER
// Writes the files of tests/support/golden_models.hpp that FOLDER does not have yet, and their lines at the end of FOLDER/expected.txt. What is there stays: files of a
// format that was written once are loaded for ever.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "adagrad/checkpoint.hpp"
#include "support/golden_models.hpp"
#include "support/golden_state.hpp"

using namespace adagrad::test;

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: write_golden_checkpoints FOLDER\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = arguments[1];
  for (const golden_file& each : golden_files()) {
    const std::filesystem::path path = folder / (each.name + ".safetensors");
    if (std::filesystem::exists(path)) continue;
    const auto model = each.make();
    train(*model, each.calls);
    adagrad::save(model->optimizer(), path);
    std::ostringstream bytes;
    adagrad::save(model->optimizer(), bytes);
    std::ofstream(folder / "expected.txt", std::ios::app) << golden_state(each.name, bytes.str());
    std::printf("wrote %s\n", path.c_str());
  }
}
