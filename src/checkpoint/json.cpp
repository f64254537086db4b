#include "checkpoint/json.hpp"

#include <algorithm>
#include <tuple>

#include "checkpoint/text.hpp"

namespace adagrad::checkpoint::json {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
// Stands for itself inside of a string.
constexpr bool is_plain(char c) noexcept { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }
constexpr bool is_high(char32_t unit) noexcept { return unit >= 0xd800 && unit < 0xdc00; }
constexpr bool is_low(char32_t unit) noexcept { return unit >= 0xdc00 && unit < 0xe000; }

}  // namespace

char reader::peek() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  return at_ < text_.size() ? text_[at_] : '\0';
}

// Names what stands here, for messages.
std::string reader::found() const {
  if (at_ == text_.size()) return "the end of the text";
  const std::string_view rest = text_.substr(at_);
  for (const char* word : {"true", "false", "null"})
    if (rest.starts_with(word)) return std::string(word) + ", which these files never hold";
  for (const char* word : {"NaN", "Infinity", "-Infinity"})
    if (rest.starts_with(word)) return std::string(word) + ", which is no JSON";
  switch (rest[0]) {
    case '{': return "an object";
    case '[': return "an array";
    case '"': return "a string";
    case '-': return "a negative number";
    case '+': return "a number with a plus sign";
    case '.': return "a number that begins with its point";
    default: return is_digit(rest[0]) ? "a number" : quoted(rest.substr(0, 1));
  }
}

void reader::expected(const char* wanted) const { fail(std::string("expected ") + wanted + ", found " + found()); }

void reader::open(char bracket, const char* wanted) {
  if (peek() != bracket) expected(wanted);
  if (depth_ == deepest) fail("nested deeper than " + std::to_string(deepest) + " objects and arrays");
  ++depth_, ++at_;
}

bool reader::more(char closing, bool first) {
  const bool brace = closing == '}';
  if (peek() == closing) {
    ++at_, --depth_;
    return false;
  }
  if (first) return true;
  if (peek() != ',') expected(brace ? "a comma or the object's end" : "a comma or the array's end");
  ++at_;
  if (peek() == closing) fail(brace ? "a comma before the object's end" : "a comma before the array's end");
  return true;
}

void reader::colon() {
  if (peek() != ':') expected("a colon behind the key");
  ++at_;
}

std::string reader::string(const char* wanted) {
  if (peek() != '"') expected(wanted);
  std::string result;
  for (++at_; at_ < text_.size() && text_[at_] != '"';) {
    const std::size_t plain = at_;
    while (at_ < text_.size() && is_plain(text_[at_])) ++at_;
    result.append(text_, plain, at_ - plain);
    if (at_ > plain) continue;
    if (text_[at_] == '\\') {
      escape(result);
      continue;
    }
    const decoded one = decode(text_, at_);
    if (one.fault) fail(one.fault);
    if (one.code < 0x20) fail("a control character inside of a string; it must be escaped");
    result.append(text_, at_, one.length);
    at_ += one.length;
  }
  if (at_ == text_.size()) fail("the text ends inside of a string");
  ++at_;
  return result;
}

void reader::escape(std::string& result) {
  static constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  if (at_ + 1 == text_.size()) fail("the text ends inside of an escape");
  const char letter = text_[at_ + 1];
  if (const std::size_t known = letters.find(letter); known != letters.npos) {
    result += meanings[known];
    at_ += 2;
    return;
  }
  if (letter != 'u') fail("an unknown escape: backslash and " + quoted({&letter, 1}));
  const std::size_t begin = at_;
  char32_t code = four_digits();
  if (is_high(code)) {
    const bool pair = text_.substr(at_).starts_with("\\u");
    const char32_t low = pair ? four_digits() : 0;
    if (!is_low(low)) {
      at_ = begin;
      fail("a high surrogate without its low one");
    }
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  } else if (is_low(code)) {
    at_ = begin;
    fail("a low surrogate without its high one");
  }
  append_utf8(result, code);
}

// Of the escape \uXXXX that begins here.
char32_t reader::four_digits() {
  static constexpr std::string_view lower = "0123456789abcdef", upper = "0123456789ABCDEF";
  char32_t value = 0;
  for (std::size_t i = at_ + 2; i < at_ + 6; ++i) {
    const std::size_t digit = i < text_.size() ? std::min(lower.find(text_[i]), upper.find(text_[i])) : lower.npos;
    if (digit == lower.npos) fail("an escape \\u without four hexadecimal digits");
    value = value << 4 | static_cast<char32_t>(digit);
  }
  at_ += 6;
  return value;
}

std::uint64_t reader::integer(const char* wanted) {
  if (!is_digit(peek())) expected(wanted);
  const std::size_t begin = at_;
  std::uint64_t value = 0;
  bool overflow = false;
  for (; at_ < text_.size() && is_digit(text_[at_]); ++at_) {
    overflow |= __builtin_mul_overflow(value, std::uint64_t{10}, &value);
    overflow |= __builtin_add_overflow(value, static_cast<std::uint64_t>(text_[at_] - '0'), &value);
  }
  const std::size_t end = at_;
  const char behind = end < text_.size() ? text_[end] : '\0';
  at_ = begin;
  if (text_[begin] == '0' && end - begin > 1) fail("a number with a leading zero");
  if (behind == '.') fail("a number with a fraction");
  if (behind == 'e' || behind == 'E') fail("a number with an exponent");
  if (overflow) fail("a number beyond 2^64 - 1");
  at_ = end;
  return value;
}

void reader::end() {
  while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  if (at_ < text_.size()) fail("something stands behind the end of the JSON, where only spaces may be: " + found());
}

void reader::refuse_duplicates(std::vector<seen>& keys) {
  std::sort(keys.begin(), keys.end(), [](const seen& a, const seen& b) { return std::tie(a.key, a.at) < std::tie(b.key, b.at); });
  const auto first = std::adjacent_find(keys.begin(), keys.end(), [](const seen& a, const seen& b) { return a.key == b.key; });
  if (first == keys.end()) return;
  const seen& second = *(first + 1);
  throw format_failure(second.at, "the key " + quoted(second.key) + " stands here a second time");
}

}  // namespace adagrad::checkpoint::json
