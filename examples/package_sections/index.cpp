#include "index.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <unordered_set>

namespace sections {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& reason) {
  throw std::runtime_error("cannot read " + file.string() + ": " + reason +
                           "\nOn Debian, examples/package_sections/fetch.py build/package_sections makes it anew once it is removed."
                           "\nElsewhere, name another package index with --index.");
}

/// Where the value of a field goes, nullptr where it is not wanted.
std::string* place(package& stanza, std::string_view field) {
  return field == "Package"                                              ? &stanza.name
         : field == "Section"                                            ? &stanza.section
         : field == "Description" || field.starts_with("Description-en") ? &stanza.description
                                                                         : nullptr;
}

}  // namespace

std::vector<package> read_index(const std::filesystem::path& file) {
  std::ifstream lines(file);
  if (!lines) {
    fail(file, std::strerror(errno));
  }
  std::vector<package> packages;
  std::unordered_set<std::string> names;
  package stanza;
  bool inside = false;             // a stanza has begun
  std::string* current = nullptr;  // where lines that go on with a field belong
  const auto finish = [&] {
    stanza.section.erase(0, stanza.section.rfind('/') + 1);
    if (!stanza.name.empty() && !stanza.section.empty() && !stanza.description.empty() && names.insert(stanza.name).second) {
      packages.push_back(std::move(stanza));
    }
    stanza = {};
    inside = false;
  };
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (line.empty()) {
      finish();
    } else if (line[0] == ' ' || line[0] == '\t') {
      if (!inside) {
        fail(file, "line " + std::to_string(number) + " goes on with a field, and there is none");
      }
      if (current != nullptr) {
        *current += line;
      }
    } else {
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos) {
        fail(file, "line " + std::to_string(number) + " has no colon after the name of a field");
      }
      current = place(stanza, std::string_view(line).substr(0, colon));
      if (current != nullptr) {
        *current = line.substr(std::min(line.find_first_not_of(" \t", colon + 1), line.size()));
      }
      inside = true;
    }
  }
  finish();
  if (packages.empty()) {
    fail(file, "it names no package with a section and a description");
  }
  return packages;
}

}  // namespace sections
