// Text from files: whether it is UTF-8, and how it is shown in messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace adagrad::checkpoint {

// One character of UTF-8 (Unicode 15, table 3-7).
struct decoded {
  std::size_t length;  // bytes; 0 where `fault` says why there is no character
  char32_t code;       // the code point
  const char* fault;   // null where all is well
};

// The character that begins at `at`, which must be inside of the text.
decoded decode(std::string_view text, std::size_t at) noexcept;

void append_utf8(std::string& text, char32_t code);

// What keeps the text from being UTF-8, null for nothing.
const char* utf8_fault(std::string_view text) noexcept;

// U+0000 to U+001F and U+007F to U+009F.
constexpr bool is_control(char32_t code) noexcept { return code < 0x20 || (code >= 0x7f && code < 0xa0); }

// Of a message that begins with the library's name, all behind it: it becomes part of another one.
constexpr std::string_view without_prefix(std::string_view message) noexcept {
  constexpr std::string_view ours = "adagrad: ";
  return message.starts_with(ours) ? message.substr(ours.size()) : message;
}

// In quotes, cut where it is long, in printable ASCII: files may hold what plays tricks on terminals.
std::string quoted(std::string_view text);

}  // namespace adagrad::checkpoint
