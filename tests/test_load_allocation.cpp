// What hostile files make a load allocate: a multiple of their header, whatever numbers stand in it. Headers with very many entries are read in little more than their
// length: one that looks at all entries for each would never end here.
#include <functional>
#include <sstream>

#include "adagrad/checkpoint.hpp"
#include "checkpoint/header.hpp"
#include "doctest/doctest.h"
#include "support/counted_new.hpp"
#include "support/folder.hpp"
#include "support/headers.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

// How much more memory was in use at some time than before.
std::size_t most_memory(const std::function<void()>& call) {
  const std::size_t before = bytes_in_use;
  peak_bytes = before;
  call();
  return peak_bytes - before;
}

std::string refusal(const std::function<void()>& load) {
  try {
    load();
  } catch (const checkpoint_error& error) {
    return error.what();
  }
  return {};
}

std::string many(std::size_t bytes, const std::string& before, const std::string& after,
                 const std::function<std::string(std::size_t)>& entry) {
  std::string json = before;
  for (std::size_t i = 0; json.size() < bytes; ++i) json += (i > 0 ? "," : "") + entry(i);
  return file_of(json + after);
}

// Short, and no two alike.
std::string key(std::size_t number) {
  static constexpr char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
  std::string made;
  for (; made.empty() || number > 0; number /= 64) made += digits[number % 64];
  return made;
}

}  // namespace

TEST_CASE("what a header promises is not allocated") {
  const folder here;
  for (const char* const shape : {"[1099511627776]", "[1048576,1048576]", "[4611686018427387903]", "[0,4611686018427387903]", "[]"}) {
    const std::string file = file_of(std::string(R"({"__metadata__":{"adagrad.format":"1"},"param/w":{"dtype":"F32","shape":)") + shape +
                                         R"(,"data_offsets":[0,4398046511104]}})",
                                     64);
    const std::string path = here / "file";
    make_file(path, file);
    std::vector<float> w(4);
    optimizer o;
    o.add("w", w, {});
    CHECK(most_memory([&] {
            std::istringstream in(file);
            CHECK(refusal([&] { load(o, in); }) != "");
          }) < 16384 + (1 << 20));  // a stream is kept in pieces of 1 MiB
    CHECK(most_memory([&] { CHECK(refusal([&] { load(o, path); }) != ""); }) < 16384);
  }
}

TEST_CASE("a header of many small things takes a bounded multiple of its bytes") {
  constexpr std::size_t bytes = 4 << 20;
  const folder here;
  const std::string path = here / "file";
  const auto multiple = [&](const std::string& file) {
    make_file(path, file);
    optimizer o;
    const std::size_t most = most_memory([&] { CHECK(refusal([&] { load(o, path); }) != ""); });
    MESSAGE("header of " << file.size() << " bytes: " << static_cast<double>(most) / static_cast<double>(file.size()) << " times that");
    return most / file.size();
  };
  // Lists grow by doubling: what is largest depends on where they stand.
  for (const std::size_t size : {3u, 4u, 5u, 6u, 7u})
    CHECK(multiple(many(size << 20, R"({"__metadata__":{"adagrad.format":"1","adagrad.digest":"0",)", "}}",
                        [](std::size_t i) { return "\"" + key(i) + "\":\"\""; })) < 32);
  CHECK(multiple(many(bytes, "{", "}",
                      [](std::size_t i) { return "\"" + key(i) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})"; })) < 32);
  CHECK(multiple(many(bytes, R"({"a":{"dtype":"F32","data_offsets":[0,0],"shape":[)", "]}}", [](std::size_t) { return "0"; })) < 32);
  CHECK(multiple(many(bytes, R"({"__metadata__":{"a":")", "\"}}", [](std::size_t) { return "x"; })) < 32);
  CHECK(multiple(many(bytes, R"({"a":{)", "}}", [](std::size_t) { return R"("dtype":"F32")"; })) < 32);
}

TEST_CASE("a million entries are read, written and refused where two are alike") {
  for (const bool twice : {false, true}) {
    const std::string file = many(60 << 20, "{", twice ? R"(,"0":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})" : "}",
                                  [](std::size_t i) { return "\"" + key(i) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})"; });
    if (twice) {
      CHECK_THROWS_AS(checkpoint::read_header(file, file.size()), checkpoint::format_failure);
      continue;
    }
    const checkpoint::header h = checkpoint::read_header(file, file.size());
    CHECK(h.tensors.size() > 1'000'000);
    CHECK(checkpoint::write_header(h).size() >= file.size());
  }
  const std::string strings = many(60 << 20, R"({"__metadata__":{)", "}}", [](std::size_t i) { return "\"" + key(i) + "\":\"\""; });
  CHECK(checkpoint::read_header(strings, strings.size()).metadata.size() > 5'000'000);
  // Keys that differ in their last letters alone.
  const std::string alike =
      many(60 << 20, R"({"__metadata__":{)", "}}", [](std::size_t i) { return "\"" + std::string(3000, 'k') + key(i) + "\":\"\""; });
  CHECK(checkpoint::read_header(alike, alike.size()).metadata.size() > 20'000);
}
