#include "checkpoint/text.hpp"

namespace adagrad::checkpoint {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";
constexpr std::size_t longest_quote = 64;

decoded refused(const char* fault) noexcept { return {0, 0, fault}; }

}  // namespace

decoded decode(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(at);
  if (lead < 0x80) return {1, lead, nullptr};
  if (lead < 0xc0) return refused("invalid UTF-8: a continuation byte without a character before it");
  if (lead < 0xc2) return refused("invalid UTF-8: an overlong form, longer than its character needs");
  if (lead > 0xf7) return refused("invalid UTF-8: a byte that never occurs in it");
  if (lead > 0xf4) return refused("invalid UTF-8: a character above U+10FFFF");
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t code = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i == text.size() || (byte(at + i) & 0xc0) != 0x80) return refused("invalid UTF-8: a character cut short");
    code = code << 6 | (byte(at + i) & 0x3f);
  }
  if (code < (length == 3 ? 0x800u : length == 4 ? 0x10000u : 0x80u))
    return refused("invalid UTF-8: an overlong form, longer than its character needs");
  if (code >= 0xd800 && code < 0xe000) return refused("invalid UTF-8: a surrogate, which stands for no character");
  if (code > 0x10ffff) return refused("invalid UTF-8: a character above U+10FFFF");
  return {length, code, nullptr};
}

void append_utf8(std::string& text, char32_t code) {
  const auto add = [&](char32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    add(code);
    return;
  }
  const int continuations = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  add((0xff00u >> (continuations + 1) & 0xffu) | code >> 6 * continuations);
  for (int i = continuations; i-- > 0;) add(0x80 | (code >> 6 * i & 0x3f));
}

const char* utf8_fault(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const decoded one = decode(text, at);
    if (one.fault) return one.fault;
    at += one.length;
  }
  return nullptr;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text.substr(0, longest_quote)) {
    if (c >= ' ' && c <= '~') {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += {'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]};
    }
  }
  return result + (text.size() > longest_quote ? "...\"" : "\"");
}

}  // namespace adagrad::checkpoint
