// usage: verdict FOLDER
// What read_header says of each file in a folder, one line for each, for differential.py: "refuse NAME", or "accept NAME" with the whole content.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "checkpoint/header.hpp"

using namespace adagrad::checkpoint;

namespace {

std::string hex(const std::string& text) {
  std::string digits = "x";  // so that empty text is seen
  for (const char c : text) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    digits += two;
  }
  return digits;
}

std::string content(const header& h) {
  std::string result = " data " + std::to_string(h.data_begin);
  for (const auto& [key, value] : h.metadata) result += " metadata " + hex(key) + " " + hex(value);
  for (const tensor& t : h.tensors) {
    result += " tensor " + hex(t.name) + " " + name(t.type);
    for (const std::uint64_t size : t.shape) result += " " + std::to_string(size);
    result += " at " + std::to_string(t.begin) + " " + std::to_string(t.end);
  }
  return result;
}

std::string verdict(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  try {
    return "accept " + path.filename().string() + content(read_header(bytes, bytes.size()));
  } catch (const format_failure&) {
    return "refuse " + path.filename().string();
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: verdict FOLDER\n", stderr);
    return 2;
  }
  std::vector<std::filesystem::path> paths;
  for (const auto& each : std::filesystem::directory_iterator(arguments[1])) paths.push_back(each.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) std::puts(verdict(path).c_str());
}
