/// Reads a Debian package index: stanzas of "Field: value" lines with an empty line between them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sections {

struct package {
  std::string name;
  std::string section;  ///< without its area: contrib/games is games
  std::string description;
};

/// Packages that have a section and a description, each name once, in the file's order. Takes what fetch.py writes, and what apt-cache dumpavail prints. Throws
/// std::runtime_error, which names the file, the line, what is wrong with it and what to do, unless there is at least one.
std::vector<package> read_index(const std::filesystem::path& file);

}  // namespace sections
