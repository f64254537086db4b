// Files made to break a reader of headers: each is refused, for its own reason, at a byte of the file. ADAGRAD_CORPUS=FOLDER writes them there.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include "checkpoint/header.hpp"
#include "support/headers.hpp"
#include "support/hostile_headers.hpp"

using namespace adagrad::checkpoint;
using namespace adagrad::test;

namespace {

// What the reader says, empty where it takes the file.
std::string refusal(const std::string& file) {
  try {
    read_header(file, file.size());
  } catch (const format_failure& failure) {
    const std::string message = failure.what();
    CHECK(message.starts_with("byte " + std::to_string(failure.offset()) + ": "));
    CHECK(failure.offset() <= file.size());
    CHECK(std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c <= '~'; }));
    return message;
  }
  return {};
}

std::string flipped(std::string file, std::size_t bit) {
  file[bit / 8] = static_cast<char>(file[bit / 8] ^ 1 << bit % 8);
  return file;
}

// What must hold for whatever is taken.
void consistent(const header& h, const std::string& file) {
  std::uint64_t end = 0;
  for (const tensor& t : h.tensors) {
    REQUIRE(t.begin == end);
    std::uint64_t bytes = size_of(t.type);
    for (const std::uint64_t size : t.shape) bytes *= size;
    REQUIRE(t.end == t.begin + bytes);
    end = t.end;
  }
  REQUIRE(h.data_begin + end == file.size());
  const std::string written = write_header(h);
  REQUIRE(same_content(read_header(written, written.size() + end), h));
}

}  // namespace

TEST_CASE("each hostile file is refused for its own reason") {
  const hostile_files files;
  CHECK(files.all().size() > 180);
  std::set<std::string> names;
  for (const hostile_file& each : files.all()) {
    INFO(each.name);
    CHECK(names.insert(each.name).second);
    const std::string message = refusal(each.bytes);
    INFO("message: " << message);
    CHECK(message.find(each.expected) != message.npos);
  }
}

TEST_CASE("each cut of a file is refused") {
  const std::string file = small_file();
  REQUIRE(refusal(file).empty());
  for (std::size_t size = 0; size < file.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(refusal(file.substr(0, size)).empty());
    // The same where the file is said to go on, as it does for who reads it in pieces.
    const std::size_t json_end = file.size() - 16;
    if (size < json_end) CHECK_THROWS_AS(read_header(file.substr(0, size), file.size()), format_failure);
    else CHECK_NOTHROW(read_header(file.substr(0, size), file.size()));
  }
  CHECK_FALSE(refusal(file + "x").empty());
}

TEST_CASE("each flipped bit is refused or makes another consistent header") {
  const std::string file = small_file();
  const header original = read_header(file, file.size());
  int taken = 0, different = 0;
  for (std::size_t bit = 0; bit < 8 * (file.size() - 16); ++bit) {
    const std::string damaged = flipped(file, bit);
    CAPTURE(bit);
    if (!refusal(damaged).empty()) continue;
    const header h = read_header(damaged, damaged.size());
    consistent(h, damaged);
    ++taken;
    different += !same_content(h, original);
  }
  CHECK(taken > 0);
  CHECK(different > 0);  // what only a digest of the file finds
}

TEST_CASE("each byte replaced by each other one: refused or consistent") {
  const std::string file = file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} )", 8);
  for (std::size_t at = 0; at < file.size() - 8; ++at)
    for (int value = 0; value < 256; ++value) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(value);
      if (refusal(damaged).empty()) consistent(read_header(damaged, damaged.size()), damaged);
    }
}

TEST_CASE("the length alone says how much to read") {
  CHECK(header_bytes(little_endian(2), 10) == 10);
  CHECK(header_bytes(little_endian(longest_header), longest_header + 8) == longest_header + 8);
  CHECK_THROWS_AS(header_bytes(little_endian(longest_header), longest_header + 7), format_failure);
  CHECK_THROWS_AS(header_bytes(little_endian(longest_header + 1), ~std::uint64_t{0}), format_failure);
  CHECK_THROWS_AS(header_bytes(little_endian(~std::uint64_t{0}), ~std::uint64_t{0}), format_failure);
  CHECK_THROWS_AS(header_bytes("", 100), format_failure);
  CHECK_THROWS_AS(header_bytes(std::string(7, '\1'), 100), format_failure);
}

TEST_CASE("the corpus, for other readers" * doctest::skip(std::getenv("ADAGRAD_CORPUS") == nullptr)) {
  const std::string folder = std::getenv("ADAGRAD_CORPUS");
  int count = 0;
  const auto write = [&](const std::string& kind, const std::string& bytes) {
    std::ofstream file(folder + "/" + kind + "_" + std::to_string(++count), std::ios::binary);
    file << bytes;
    CHECK(file.flush().good());
  };
  const hostile_files files;
  for (const hostile_file& each : files.all()) write("hostile", each.bytes);
  const std::string small = small_file();
  for (std::size_t size = 0; size <= small.size(); ++size) write("cut", small.substr(0, size));
  for (std::size_t bit = 0; bit < 8 * small.size(); ++bit) write("flipped", flipped(small, bit));
  adagrad::verify::splitmix64 random{4};
  for (int i = 0; i < 500; ++i) {
    const header h = random_header(random);
    const std::uint64_t data = h.tensors.empty() ? 0 : h.tensors.back().end;
    if (data < 100'000) write("random", write_header(h) + std::string(data, 'x'));
  }
}
