// The part of JSON that headers of checkpoints need, read strictly: objects, arrays, strings, whole numbers. Whoever reads says what must come
// next, so that nothing is kept but what the reader's caller keeps, and the keys of the objects that are open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/failure.hpp"

namespace adagrad::checkpoint::json {

inline constexpr int deepest = 4;  // objects and arrays inside of each other

// Throws format_failure at the first byte that is wrong.
class reader {
 public:
  // `first` is the place of the text in its file. The text must outlive the reader.
  explicit reader(std::string_view text, std::uint64_t first = 0) : text_(text), first_(first) {}

  // Calls member(key, offset of the key) for each, which must read the value. Refuses a key that comes twice, at the object's end.
  template <class Member>
  void object(Member&& member) {
    open('{', "an object");
    std::vector<seen> keys;
    while (more('}', keys.empty())) {
      const std::uint64_t at = offset();
      keys.push_back({string("a key in quotes"), at});
      colon();
      member(std::as_const(keys.back().key), at);
    }
    refuse_duplicates(keys);
  }

  // Calls element() for each, which must read it.
  template <class Element>
  void array(Element&& element) {
    open('[', "an array");
    for (bool first = true; more(']', first); first = false) element();
  }

  // Decoded, valid UTF-8. `wanted` is for messages.
  std::string string(const char* wanted = "a string");

  std::uint64_t integer(const char* wanted = "an unsigned integer");

  // Refuses what stands behind the value, spaces excepted.
  void end();

  // The first byte of what comes next, behind white space; 0 at the end.
  char peek();

  std::uint64_t offset() const { return first_ + at_; }

 private:
  struct seen {
    std::string key;
    std::uint64_t at;
  };

  void open(char bracket, const char* wanted);
  bool more(char closing, bool first);
  void colon();
  void escape(std::string& result);
  char32_t four_digits();
  static void refuse_duplicates(std::vector<seen>& keys);
  std::string found() const;
  [[noreturn]] void fail(const std::string& what) const { throw format_failure(offset(), what); }
  [[noreturn]] void expected(const char* wanted) const;

  std::string_view text_;
  std::uint64_t first_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace adagrad::checkpoint::json
