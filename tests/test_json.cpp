// The strict JSON of headers: what a general parser reads comes out the same, what this one must refuse is refused at its byte.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "checkpoint/json.hpp"
#include "verify/splitmix64.hpp"

using adagrad::checkpoint::format_failure;
using adagrad::checkpoint::json::reader;
using nlohmann::json;

namespace {

#ifdef ADAGRAD_TEST_THIN
constexpr int documents = 2'000;
#else
constexpr int documents = 20'000;
#endif

json read_value(reader& from) {
  json result;
  switch (from.peek()) {
    case '{':
      result = json::object();
      from.object([&](const std::string& key, std::uint64_t) { result[key] = read_value(from); });
      return result;
    case '[':
      result = json::array();
      from.array([&] { result.push_back(read_value(from)); });
      return result;
    case '"': return from.string();
    default: return from.integer();
  }
}

json read_all(std::string_view text, std::uint64_t first = 0) {
  reader from(text, first);
  json result = read_value(from);
  from.end();
  return result;
}

// Makes documents as hostile to look at as valid ones can be.
struct generator {
  adagrad::verify::splitmix64 random;

  std::uint64_t below(std::uint64_t n) { return random() % n; }

  std::string space() {
    std::string result;
    for (std::uint64_t n = below(6) == 0 ? below(4) : 0; n > 0; --n) result += " \t\n\r"[below(4)];
    return result;
  }

  std::string character() {
    static constexpr const char* escapes[] = {"\\\"",    "\\\\",           "\\/",           "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0000",
                                              "\\u00e9", "\\uD83D\\uDE00", "\\udBFF\\uDFFF"};
    static constexpr const char* characters[] = {"a",
                                                 "Z",
                                                 " ",
                                                 "/",
                                                 "{",
                                                 "]",
                                                 ",",
                                                 "\x7f",
                                                 "\xc2\x80",
                                                 "\xc3\xa9",
                                                 "\xdf\xbf",
                                                 "\xe0\xa0\x80",
                                                 "\xed\x9f\xbf",
                                                 "\xee\x80\x80",
                                                 "\xef\xbf\xbf",
                                                 "\xf0\x90\x80\x80",
                                                 "\xf4\x8f\xbf\xbf"};
    return below(3) == 0 ? escapes[below(std::size(escapes))] : characters[below(std::size(characters))];
  }

  std::string string(const std::string& begin = "") {
    std::string result = "\"" + begin;
    for (std::uint64_t n = below(12); n > 0; --n) result += character();
    return result + "\"";
  }

  std::string value(int depth) {
    const std::uint64_t kind = below(depth > 0 ? 4 : 2);
    if (kind == 0) return string();
    if (kind == 1) return std::to_string(random() >> below(64));
    std::string result = kind == 2 ? "{" : "[";
    for (std::uint64_t i = 0, n = below(5); i < n; ++i) {
      if (i > 0) result += ",";
      if (kind == 2) result += space() + string(std::to_string(i)) + space() + ":";
      result += space() + value(depth - 1) + space();
    }
    return result + space() + (kind == 2 ? "}" : "]");
  }
};

// What the reader says, empty where it takes the text.
std::string refusal(std::string_view text) {
  try {
    read_all(text);
  } catch (const format_failure& failure) {
    return failure.what();
  }
  return {};
}

}  // namespace

TEST_CASE("generated documents: the same values as nlohmann::json's") {
  generator make{{1}};
  for (int i = 0; i < documents; ++i) {
    const std::string text = make.space() + make.value(adagrad::checkpoint::json::deepest);
    CAPTURE(text);
    REQUIRE(read_all(text) == json::parse(text));
  }
}

TEST_CASE("damaged documents: what is taken, nlohmann::json takes with the same value") {
  generator make{{2}};
  int taken = 0, refused = 0;
  for (int i = 0; i < documents; ++i) {
    std::string text = make.value(adagrad::checkpoint::json::deepest);
    for (std::uint64_t n = make.below(3) + 1; n > 0 && !text.empty(); --n) {
      const std::size_t at = make.below(text.size());
      switch (make.below(4)) {
        case 0: text[at] = static_cast<char>(make.below(256)); break;
        case 1: text.erase(at, 1); break;
        case 2: text.insert(at, 1, "\"\\{}[],:0-.e \xc3"[make.below(14)]); break;
        default: text.resize(at); break;
      }
    }
    CAPTURE(text);
    try {
      const json mine = read_all(text);
      ++taken;
      REQUIRE(mine == json::parse(text));
    } catch (const format_failure&) {
      ++refused;
    }
  }
  CHECK(taken > documents / 20);
  CHECK(refused > documents / 20);
}

TEST_CASE("every string of one or two bytes is taken or refused as nlohmann::json does") {
  int taken = 0;
  for (unsigned a = 0; a < 256; ++a)
    for (unsigned b = 0; b < 256; ++b)
      for (const char* tail : {"", "\x80", "\xbf", "\x80\x80", "\xbf\xbf"}) {
        const std::string text = std::string("\"") + static_cast<char>(a) + static_cast<char>(b) + tail + "\"";
        const bool valid = json::accept(text) && !text.starts_with(std::string_view("\"\"\0", 3));  // nlohmann::json ends at a zero byte
        const bool same = refusal(text).empty() == valid && (!valid || read_all(text) == json::parse(text));
        if (!same) FAIL_CHECK("text: " << text);
        taken += valid;
      }
  CHECK(taken > 10'000);
}

TEST_CASE("the range of numbers") {
  CHECK(read_all("0") == 0u);
  CHECK(read_all("18446744073709551615") == ~std::uint64_t{0});
  for (const char* beyond : {"18446744073709551616", "18446744073709551620", "184467440737095516150", "99999999999999999999999999"})
    CHECK(refusal(beyond) == "byte 0: a number beyond 2^64 - 1");
}

TEST_CASE("depth") {
  CHECK(refusal("[[[[]]]]").empty());
  CHECK(refusal(R"({"a":{"b":{"c":{}}},"d":[[[1]]]})").empty());
  CHECK(refusal("[[[[[]]]]]") == "byte 4: nested deeper than 4 objects and arrays");
  CHECK(refusal(R"([{"a":[{"b":{}}]}])") == "byte 12: nested deeper than 4 objects and arrays");
  CHECK(refusal(std::string(1'000'000, '[')) == "byte 4: nested deeper than 4 objects and arrays");
}

TEST_CASE("keys that come twice are refused at the second, however they are spelled") {
  CHECK(refusal(R"({"a":1,"b":2,"a":3})") == "byte 13: the key \"a\" stands here a second time");
  CHECK(refusal(R"({"a":1, "\u0061":2})") == "byte 8: the key \"a\" stands here a second time");
  CHECK(refusal(R"({"":1,"":2,"":3})") == "byte 6: the key \"\" stands here a second time");
  CHECK(refusal(R"([{"x":{"a":1,"a":2}}])") == "byte 13: the key \"a\" stands here a second time");
  CHECK(refusal(R"({"a":{"a":{"a":1}},"b":{"a":1}})").empty());
}

TEST_CASE("white space: JSON's within, only spaces behind the end") {
  CHECK(refusal(" \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] ").empty());
  CHECK(refusal("{}    ").empty());
  for (const char* behind : {"\n", "\t", "\r"}) CHECK(refusal("{}" + std::string(behind)).find("byte 2: something stands behind") == 0);
  CHECK(refusal(std::string("{}\0", 3)).find("byte 2: something stands behind") == 0);
  for (const char* space : {"\v", "\f", "\xc2\xa0"}) CHECK_FALSE(refusal("[" + std::string(space) + "]").empty());
}

TEST_CASE("places count from where the text lies in its file") {
  CHECK_THROWS_WITH(read_all("[1,-1]", 8), "byte 11: expected an unsigned integer, found a negative number");
}

TEST_CASE("each cut of a document is refused") {
  const std::string text = R"({"a\n\u00e9":[1,23,"\ud83d\ude00"],"b":{"c":"d"}})";
  REQUIRE(refusal(text).empty());
  for (std::size_t size = 0; size < text.size(); ++size) CHECK_FALSE(refusal(text.substr(0, size)).empty());
}
