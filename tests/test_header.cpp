// Headers of safetensors files: what is written reads back, what others write is read, what cannot be read is not written.
#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "checkpoint/header.hpp"
#include "support/headers.hpp"
#include "support/refusal.hpp"

using namespace adagrad::checkpoint;
using namespace adagrad::test;

namespace {

std::uint64_t data_bytes(const header& h) { return h.tensors.empty() ? 0 : h.tensors.back().end; }

header one_tensor(tensor t) {
  header h;
  h.tensors = {std::move(t)};
  return h;
}

const tensor pair{"a", element::f32, {2}, 0, 8};

}  // namespace

TEST_CASE("elements: sizes and names of the format") {
  CHECK(size_of(element::f32) == 4);
  CHECK(size_of(element::f64) == 8);
  CHECK(size_of(element::u64) == 8);
  CHECK(std::string(name(element::f32)) == "F32");
  CHECK(std::string(name(element::f64)) == "F64");
  CHECK(std::string(name(element::u64)) == "U64");
}

TEST_CASE("the bytes that are written") {
  header h;
  h.metadata = {{"b", "2"}, {"a", "\"\\\n"}};
  h.tensors = {{"z", element::f64, {2, 3}, 0, 48}, {"y\xc3\xa9", element::u64, {}, 48, 56}};
  std::string json = R"({"__metadata__":{"a":"\"\\\u000a","b":"2"},"z":{"dtype":"F64","shape":[2,3],"data_offsets":[0,48]},)"
                     "\"y\xc3\xa9\""
                     R"(:{"dtype":"U64","shape":[],"data_offsets":[48,56]}})";
  while ((8 + json.size()) % 64 != 0) json += ' ';
  CHECK(write_header(h) == file_of(json));
  CHECK(write_header({}) == file_of("{}" + std::string(54, ' ')));
}

TEST_CASE("random headers: there and back") {
  adagrad::verify::splitmix64 random{1};
  for (int i = 0; i < 2'000; ++i) {
    const header h = random_header(random);
    const std::string bytes = write_header(h);
    CAPTURE(bytes);
    const std::uint64_t size = bytes.size() + data_bytes(h);
    REQUIRE(bytes.size() % 64 == 0);
    REQUIRE(header_bytes(bytes.substr(0, 8), size) == bytes.size());
    const header back = read_header(bytes, size);
    REQUIRE(same_content(back, h));
    REQUIRE(back.data_begin == bytes.size());
    REQUIRE(write_header(back) == bytes);
    CHECK_THROWS_AS(read_header(bytes, size + 1), format_failure);
    CHECK_THROWS_AS(read_header(bytes, size - 1), format_failure);
  }
}

TEST_CASE("what other writers do is read") {
  const auto read = [](const std::string& json, std::size_t data) {
    const std::string file = file_of(json, data);
    return read_header(file, file.size());
  };
  // Spaces as Python's json.dumps puts them, keys in another order, metadata last, no padding.
  const header h = read(
      R"({"b": {"data_offsets": [4, 12], "shape": [1], "dtype": "F64"}, "a": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]},)"
      R"( "__metadata__": {"format": "pt"}})",
      12);
  CHECK(h.metadata == std::map<std::string, std::string>{{"format", "pt"}});
  CHECK(h.tensors == std::vector<tensor>{{"a", element::f32, {1, 1}, 0, 4}, {"b", element::f64, {1}, 4, 12}});
  CHECK(read("{}", 0).tensors.empty());
  CHECK(read("{ \n}     ", 0).tensors.empty());
  CHECK(read(R"({"__metadata__":{}})", 0).metadata.empty());
  CHECK(read(R"({"\ud83d\ude00\u00e9":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})", 0).tensors[0].name ==
        "\xf0\x9f\x98\x80\xc3\xa9");
}

TEST_CASE("empty tensors share their place, and stay in the order in which they stand") {
  const std::string file =
      file_of(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"e2":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},)"
              R"("e1":{"dtype":"F64","shape":[3,0],"data_offsets":[4,4]},"e0":{"dtype":"U64","shape":[0],"data_offsets":[0,0]}})",
              4);
  const header h = read_header(file, file.size());
  std::string order;
  for (const tensor& t : h.tensors) order += t.name + " ";
  CHECK(order == "e0 x e2 e1 ");
  CHECK(same_content(read_header(write_header(h), write_header(h).size() + 4), h));
}

TEST_CASE("the limits are reached") {
  const tensor named{std::string(longest_name, 'n'), element::f32, {1}, 0, 4};
  std::string bytes = write_header(one_tensor(named));
  CHECK(read_header(bytes, bytes.size() + 4).tensors[0].name == named.name);

  // A file of 2^64 - 8 bytes, as its header states it.
  tensor large{"a", element::u64, {(~std::uint64_t{0} - 128) / 8}, 0, 0};
  large.end = large.shape[0] * 8;
  bytes = write_header(one_tensor(large));
  REQUIRE(bytes.size() == 128);
  CHECK(read_header(bytes, bytes.size() + large.end).tensors[0] == large);
  large.shape[0] += 1, large.end += 8;
  CHECK(holds_all(refusal([&] { write_header(one_tensor(large)); }), {"the file would have more than 2^64 - 1 bytes"}));
}

TEST_CASE("the longest header is read and written, one byte more is not") {
  header h;
  h.metadata["k"] = "";
  const std::uint64_t empty = std::string(R"({"__metadata__":{"k":""}})").size();
  h.metadata["k"].assign(longest_header - 8 - empty, 'v');  // the length of the file is a multiple of 64, and 8 of it are the number's
  const std::string bytes = write_header(h);
  CHECK(bytes.size() == longest_header);
  CHECK(read_header(bytes, bytes.size()).metadata == h.metadata);
  h.metadata["k"] += 'v';
  CHECK(holds_all(refusal([&] { write_header(h); }), {"67108920 bytes are more than the 67108864 that are read"}));
  h.metadata["k"].clear();
  std::string padded = write_header(h).substr(8);
  padded.resize(longest_header, ' ');
  CHECK(read_header(file_of(padded), longest_header + 8).metadata == h.metadata);
  padded += ' ';
  CHECK_THROWS_AS(read_header(file_of(padded), longest_header + 9), format_failure);
}

TEST_CASE("what is behind the header is not looked at, what is missing of it is told") {
  const std::string file = small_file();
  CHECK(same_content(read_header(file, file.size()), read_header(file.substr(0, file.size() - 16), file.size())));
  CHECK_THROWS_WITH(read_header(file.substr(0, 20), file.size()), "byte 20: only 20 of the header's 149 bytes could be read");
}

TEST_CASE("what read_header would refuse is not written") {
  const auto with = [](const std::function<void(tensor&)>& change) {
    tensor t = pair;
    change(t);
    return refusal([&] { write_header(one_tensor(t)); });
  };
  CHECK(with([](tensor&) {}).empty());
  CHECK(holds_all(with([](tensor& t) { t.name.clear(); }), {"adagrad: ", "a tensor's name is empty"}));
  CHECK(holds_all(with([](tensor& t) { t.name = "a\n"; }), {"\"a\\x0a\" holds a control character"}));
  CHECK(holds_all(with([](tensor& t) { t.name = "a\xff"; }), {"\"a\\xff\" is invalid UTF-8"}));
  CHECK(holds_all(with([](tensor& t) { t.name.assign(longest_name + 1, 'n'); }), {"4097 bytes"}));
  CHECK(holds_all(with([](tensor& t) { t.name = "__metadata__"; }), {"no tensor can have the name"}));
  CHECK(holds_all(with([](tensor& t) { t.type = static_cast<element>(3); }), {"has the type 3, which is no element"}));
  CHECK(holds_all(with([](tensor& t) { t.shape = {3}; }), {"has 8 bytes of data, and its shape and type make 12"}));
  CHECK(holds_all(with([](tensor& t) { t.shape = {1ull << 62, 2}; }), {"more than 2^64 - 1 bytes"}));
  CHECK(holds_all(with([](tensor& t) { t.begin = 9; }), {"the wrong way round"}));
  CHECK(holds_all(with([](tensor& t) { t.begin = 4, t.end = 12; }), {"a hole in front of tensor \"a\""}));

  header two = one_tensor(pair);
  two.tensors.push_back({"b", element::f32, {1}, 8, 12});
  CHECK(refusal([&] { write_header(two); }).empty());
  std::swap(two.tensors[0], two.tensors[1]);
  CHECK(holds_all(refusal([&] { write_header(two); }), {"a hole in front of tensor \"b\""}));
  two.tensors = {pair, {"b", element::f32, {1}, 4, 8}};
  CHECK(holds_all(refusal([&] { write_header(two); }), {"tensor \"b\" overlaps another"}));
  two.tensors = {pair, {"a", element::f32, {1}, 8, 12}};
  CHECK(holds_all(refusal([&] { write_header(two); }), {"two tensors have the name \"a\""}));

  header noted;
  noted.metadata = {{"k\xc0\xaf", "v"}};
  CHECK(holds_all(refusal([&] { write_header(noted); }), {"the key of metadata \"k\\xc0\\xaf\" is invalid UTF-8: an overlong form"}));
  noted.metadata = {{"k", "\xed\xa0\x80"}};
  CHECK(holds_all(refusal([&] { write_header(noted); }), {"the metadata \"\\xed\\xa0\\x80\" is invalid UTF-8: a surrogate"}));
}
