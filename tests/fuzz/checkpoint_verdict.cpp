// usage: checkpoint_verdict FOLDER
// Whether adagrad::load takes each file of a folder for a whole checkpoint, of whatever model: "accept NAME", or "refuse NAME: why". For differential.py.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "adagrad/checkpoint.hpp"

namespace {

// An optimizer without parameters leaves all arrays out, once they are known to be right; its window takes any number of pending calls.
std::string verdict(const std::filesystem::path& path) {
  adagrad::optimizer none({.accumulation = {.calls = std::numeric_limits<std::uint64_t>::max()}});
  try {
    adagrad::load(none, path, {.options = adagrad::options_after_load::keep_mine, .partial = true});
    return "accept " + path.filename().string();
  } catch (const adagrad::checkpoint_error& error) {
    return "refuse " + path.filename().string() + " : " + error.what();
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: checkpoint_verdict FOLDER\n", stderr);
    return 2;
  }
  std::vector<std::filesystem::path> paths;
  for (const auto& each : std::filesystem::directory_iterator(arguments[1])) paths.push_back(each.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    std::string line = verdict(path);
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::puts(line.c_str());
  }
}
