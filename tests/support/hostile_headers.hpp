// Files that no reader may take, each with one thing wrong.
#pragma once

#include <string>
#include <string_view>

#include "support/hostile_list.hpp"

namespace adagrad::test {

class hostile_files : public hostile_list {
 public:
  hostile_files() {
    lengths();
    types_and_keys();
    numbers();
    layouts();
    names();
    strings();
    structure();
  }

 private:
  void lengths();
  void types_and_keys();
  void numbers();
  void layouts();
  void names();
  void strings();
  void structure();
};

inline void hostile_files::lengths() {
  const auto length = [&](std::string name, std::uint64_t value, std::string expected) {
    add("length " + name, little_endian(value) + "{}", "byte 0: the length of the header is " + std::to_string(value) + ", " + expected);
  };
  add("empty file", "", "byte 0: the file ends before the 8 bytes");
  add("seven bytes", std::string(7, '\2'), "byte 7: the file ends before the 8 bytes");
  add("length alone", little_endian(2), "the file has 0 bytes behind it: it has been cut short");
  length("0", 0, "and the shortest one, {}, has 2 bytes");
  length("1", 1, "and the shortest one, {}, has 2 bytes");
  length("one beyond the file", 3, "and the file has 2 bytes behind it");
  length("of the whole file", 10, "and the file has 2 bytes behind it");
  length("largest that is read", checkpoint::longest_header, "and the file has 2 bytes behind it");
  length("one above the largest", checkpoint::longest_header + 1, "and at most 67108864 are read");
  length("2^31", 1ull << 31, "and at most 67108864 are read");
  length("2^32", 1ull << 32, "and at most 67108864 are read");
  length("2^32 + 2", (1ull << 32) + 2, "and at most 67108864 are read");
  length("2^63", 1ull << 63, "and at most 67108864 are read");
  length("2^64 - 8", ~0ull - 7, "and at most 67108864 are read");
  length("2^64 - 6", ~0ull - 5, "and at most 67108864 are read");
  length("2^64 - 1", ~0ull, "and at most 67108864 are read");
  add("length, big endian", std::string(7, '\0') + "\2{}", "and at most 67108864 are read");
  add("length inside of the JSON", little_endian(2) + R"({"__metadata__":{}})", "byte 10: the text ends inside of a string");
  json("array in place of the header", "[]", "byte 8: the header does not begin with {");
  json("number in place of the header", "12", "byte 8: the header does not begin with {");
  json("string in place of the header", "\"\"", "byte 8: the header does not begin with {");
  json("space before the header", " {}", "byte 8: the header does not begin with {");
  json("byte order mark", "\xef\xbb\xbf{}", "byte 8: the header does not begin with {");
  json("UTF-16", std::string_view("{\0}\0", 4), "byte 9: expected a key in quotes");
  json("nothing but zeros", std::string(64, '\0'), "byte 8: the header does not begin with {");
}

inline void hostile_files::types_and_keys() {
  tensor("dtype unknown", R"("dtype":"F16","shape":[2],"data_offsets":[0,4])",
         "byte 22: the dtype \"F16\" is unknown here; known are F32, F64, U64");
  tensor("dtype in lower case", R"("dtype":"f32","shape":[1],"data_offsets":[0,4])", "the dtype \"f32\" is unknown here");
  tensor("dtype empty", R"("dtype":"","shape":[1],"data_offsets":[0,4])", "the dtype \"\" is unknown here");
  tensor("dtype with a space", R"("dtype":"F32 ","shape":[1],"data_offsets":[0,4])", "the dtype \"F32 \" is unknown here");
  tensor("dtype with a zero", R"("dtype":"F32\u0000","shape":[1],"data_offsets":[0,4])", "the dtype \"F32\\x00\" is unknown here");
  tensor("dtype a number", R"("dtype":32,"shape":[1],"data_offsets":[0,4])", "byte 22: expected a dtype in quotes, found a number");
  tensor("dtype an array", R"("dtype":["F32"],"shape":[1],"data_offsets":[0,4])", "expected a dtype in quotes, found an array");
  tensor("dtype null", R"("dtype":null,"shape":[1],"data_offsets":[0,4])",
         "expected a dtype in quotes, found null, which these files never hold");
  tensor("no dtype", R"("shape":[1],"data_offsets":[0,4])", "byte 9: tensor \"a\" has no dtype");
  tensor("no shape", R"("dtype":"F32","data_offsets":[0,4])", "byte 9: tensor \"a\" has no shape");
  tensor("no data_offsets", R"("dtype":"F32","shape":[1])", "byte 9: tensor \"a\" has no data_offsets");
  tensor("no keys at all", "", "byte 9: tensor \"a\" has no dtype");
  tensor("a key too many", R"("dtype":"F32","shape":[1],"data_offsets":[0,4],"stride":[1])", "byte 61: unknown key \"stride\"");
  tensor("a key in upper case", R"("DTYPE":"F32","shape":[1],"data_offsets":[0,4])", "byte 14: unknown key \"DTYPE\"");
  tensor("an empty key", R"("":"F32","shape":[1],"data_offsets":[0,4])", "byte 14: unknown key \"\"");
  tensor("dtype twice", R"("dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4])", "the key \"dtype\" stands here a second time");
  tensor("shape twice", R"("dtype":"F32","shape":[9],"shape":[1],"data_offsets":[0,4])", "the key \"shape\" stands here a second time");
  tensor("data_offsets twice, once escaped", R"("dtype":"F32","shape":[1],"data_offsets":[0,4],"data\u005foffsets":[0,4])",
         "the key \"data_offsets\" stands here a second time");
  json("tensor a string", R"({"a":"F32"})", "byte 13: expected an object, found a string");
  json("tensor an array", R"({"a":[]})", "byte 13: expected an object, found an array");
  json("tensor true", R"({"a":true})", "byte 13: expected an object, found true");
  metadata("metadata a string", "\"x\"", "byte 24: expected an object, found a string");
  metadata("metadata an array", "[]", "byte 24: expected an object, found an array");
  metadata("metadata null", "null", "byte 24: expected an object, found null");
  metadata("metadata holds a number", R"({"k":1})", "byte 29: expected a string, found a number");
  metadata("metadata holds an object", R"({"k":{}})", "byte 29: expected a string, found an object");
  metadata("metadata holds false", R"({"k":false})", "byte 29: expected a string, found false");
  metadata("metadata's key twice", R"({"k":"1","k":"1"})", "byte 33: the key \"k\" stands here a second time");
  metadata("metadata twice", R"({},"__metadata__":{})", "byte 27: the key \"__metadata__\" stands here a second time");
  metadata("metadata a tensor", R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})", "expected a string, found an array");
}

inline void hostile_files::numbers() {
  shape("shape a number", "1", "byte 36: expected an array, found a number");
  shape("shape a string", "\"1\"", "expected an array, found a string");
  shape("shape an object", "{}", "expected an array, found an object");
  shape("shape holds a string", "[\"1\"]", "byte 37: expected an unsigned integer, found a string");
  shape("shape holds an array", "[[1]]", "expected an unsigned integer, found an array");
  shape("shape holds null", "[null]", "expected an unsigned integer, found null");
  shape("shape holds true", "[true]", "expected an unsigned integer, found true");
  shape("shape holds NaN", "[NaN]", "expected an unsigned integer, found NaN, which is no JSON");
  shape("shape holds Infinity", "[Infinity]", "expected an unsigned integer, found Infinity, which is no JSON");
  shape("shape holds -Infinity", "[-Infinity]", "expected an unsigned integer, found -Infinity, which is no JSON");
  shape("a negative number", "[-1]", "expected an unsigned integer, found a negative number");
  shape("minus zero", "[1,-0]", "byte 39: expected an unsigned integer, found a negative number");
  shape("a plus sign", "[+1]", "found a number with a plus sign");
  shape("a fraction", "[1.0]", "byte 37: a number with a fraction");
  shape("a point at the end", "[1.]", "a number with a fraction");
  shape("a point at the beginning", "[.5]", "found a number that begins with its point");
  shape("an exponent", "[1e0]", "a number with an exponent");
  shape("an exponent, upper case", "[1E+0]", "a number with an exponent");
  shape("a leading zero", "[01]", "a number with a leading zero");
  shape("two zeros", "[00]", "a number with a leading zero");
  shape("hexadecimal", "[0x1]", "expected a comma or the array's end, found \"x\"");
  shape("digits with a separator", "[1_0]", "expected a comma or the array's end, found \"_\"");
  shape("2^64", "[18446744073709551616]", "a number beyond 2^64 - 1");
  shape("2^64 + 1, which wraps to 1", "[18446744073709551617]", "a number beyond 2^64 - 1");
  shape("a thousand digits", "[1" + std::string(999, '0') + "]", "a number beyond 2^64 - 1");
  shape("five thousand digits", "[1" + std::string(4999, '0') + "]", "a number beyond 2^64 - 1");
  shape("digits of another script", "[\xd9\xa1]", "expected an unsigned integer, found \"\\xd9\"");
  shape("product wraps to 0", "[4294967296,4294967296]", "a shape of more than 2^64 - 1 bytes");
  shape("product wraps to 4", "[13835058055282163713]", "a shape of more than 2^64 - 1 bytes");
  shape("product of elements wraps to 1", "[3,12297829382473034411]", "a shape of more than 2^64 - 1 bytes");
  shape("a 0 before a product that wraps", "[0,4294967296,4294967296]", "a shape of more than 2^64 - 1 bytes");
  shape("a 0 behind a product that wraps", "[4294967296,4294967296,0]", "a shape of more than 2^64 - 1 bytes");
  shape("too few elements", "[0]", "has 4 bytes of data, and its shape and type make 0");
  shape("too many elements", "[2]", "has 4 bytes of data, and its shape and type make 8");
  tensor("element too wide", R"("dtype":"F64","shape":[],"data_offsets":[0,4])", "has 4 bytes of data, and its shape and type make 8");
}

inline void hostile_files::layouts() {
  offsets("offsets a number", "4", "byte 55: expected an array, found a number");
  offsets("offsets empty", "[]", "byte 55: data_offsets has 0 numbers");
  offsets("one offset", "[4]", "byte 55: data_offsets has 1 numbers");
  offsets("three offsets", "[0,4,4]", "data_offsets has more than two numbers");
  offsets("offsets in quotes", "[\"0\",\"4\"]", "expected an unsigned integer, found a string");
  offsets("a negative offset", "[-4,0]", "expected an unsigned integer, found a negative number");
  offsets("a fractional offset", "[0,4.0]", "a number with a fraction");
  offsets("offsets reversed", "[4,0]", "has its data_offsets the wrong way round: 4 is above 0");
  offsets("offsets reversed around 2^64", "[18446744073709551612,0]", "the wrong way round: 18446744073709551612 is above 0");
  offsets("offsets at 2^64", "[18446744073709551611,18446744073709551615]", "there is a hole in front of tensor \"a\"");
  offsets("no data", "[0,0]", "has 0 bytes of data, and its shape and type make 4");
  places("first tensor not at 0", {{4, 8}}, 8,
         "byte 9: there is a hole in front of tensor \"t1\": it begins at 4 and what is before it ends at 0");
  places("a hole", {{0, 4}, {8, 12}}, 12, "there is a hole in front of tensor \"t2\": it begins at 8");
  places("a hole, tensors not in order", {{8, 12}, {0, 4}}, 12, "byte 9: there is a hole in front of tensor \"t1\"");
  places("the same place twice", {{0, 4}, {0, 4}}, 4, "overlaps another: it begins at 0 and what is before it ends at 4");
  places("overlap of half", {{0, 8}, {4, 12}}, 12, "overlaps another: it begins at 4 and what is before it ends at 8");
  places("one inside of another", {{0, 12}, {4, 8}}, 12, "overlaps another: it begins at 4 and what is before it ends at 12");
  places("an empty tensor inside of another", {{0, 8}, {4, 4}}, 8, "overlaps another: it begins at 4");
  places("an empty tensor behind the data", {{0, 4}, {8, 8}}, 8, "there is a hole in front of tensor");
  places("one trailing byte", {{0, 4}}, 5, "1 bytes stand behind the last tensor and belong to none");
  places("data cut by one byte", {{0, 4}}, 3, "with 3 bytes of data where its header states 4");
  places("no data at all", {{0, 4}, {4, 8}}, 0, "with 0 bytes of data where its header states 8");
  json("data without tensors", "{}", "byte 10: 1 bytes stand behind the last tensor", 1);
  json("data of a terabyte", R"({"a":{"dtype":"F64","shape":[137438953472],"data_offsets":[0,1099511627776]}})",
       "where its header states 1099511627776");
}

inline void hostile_files::names() {
  tensor_name("name empty", "", "byte 9: a tensor's name is empty");
  tensor_name("name holds a new line", "a\\nb", "byte 9: the tensor's name \"a\\x0ab\" holds a control character");
  tensor_name("name holds a zero", "a\\u0000", "holds a control character");
  tensor_name("name holds an escape sequence of terminals", "\\u001b[2J", "the tensor's name \"\\x1b[2J\" holds a control character");
  tensor_name("name holds a raw tab", "a\tb", "byte 11: a control character inside of a string");
  tensor_name("name holds DEL", "a\x7f", "holds a control character");
  tensor_name("name holds U+0085", "a\xc2\x85", "holds a control character");
  tensor_name("name of 4097 bytes", std::string(4097, 'n'), "byte 9: a tensor's name has 4097 bytes; at most 4096 are read");
  tensor_name(
      "name of 4098 bytes in escapes",
      [] {
        std::string escapes;
        for (int i = 0; i < 2049; ++i) escapes += "\\u00e9";
        return escapes;
      }(),
      "a tensor's name has 4098 bytes");
  tensor_name("name not UTF-8", "a\xff", "byte 11: invalid UTF-8: a byte that never occurs in it");
  const std::string empty_tensor = R"({"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  json("two tensors of one name", "{\"a\":" + empty_tensor + ",\"a\":" + empty_tensor + "}",
       "byte 62: the key \"a\" stands here a second time");
  json("one name spelled in two ways", "{\"a\":" + empty_tensor + ",\"\\u0061\":" + empty_tensor + "}",
       "byte 62: the key \"a\" stands here a second time");
}

inline void hostile_files::strings() {
  string("continuation byte alone", "a\x80", "byte 31: invalid UTF-8: a continuation byte without a character before it");
  string("two bytes cut by the end of the string", "\xc3", "invalid UTF-8: a character cut short");
  string("three bytes cut", "\xe2\x82", "invalid UTF-8: a character cut short");
  string("three bytes cut by a letter", "\xe2\x82z", "invalid UTF-8: a character cut short");
  string("four bytes cut", "\xf0\x9f\x98", "invalid UTF-8: a character cut short");
  string("overlong slash of two bytes", "\xc0\xaf", "invalid UTF-8: an overlong form");
  string("overlong zero", "\xc0\x80", "invalid UTF-8: an overlong form");
  string("overlong letter", "\xc1\xa1", "invalid UTF-8: an overlong form");
  string("overlong form of three bytes", "\xe0\x9f\xbf", "invalid UTF-8: an overlong form");
  string("overlong form of four bytes", "\xf0\x8f\xbf\xbf", "invalid UTF-8: an overlong form");
  string("lowest surrogate in UTF-8", "\xed\xa0\x80", "invalid UTF-8: a surrogate");
  string("highest surrogate in UTF-8", "\xed\xbf\xbf", "invalid UTF-8: a surrogate");
  string("a surrogate pair in UTF-8", "\xed\xa0\xbd\xed\xb8\x80", "invalid UTF-8: a surrogate");
  string("U+110000", "\xf4\x90\x80\x80", "invalid UTF-8: a character above U+10FFFF");
  string("lead byte of U+140000", "\xf5\x80\x80\x80", "invalid UTF-8: a character above U+10FFFF");
  string("a form of five bytes", "\xf8\x88\x80\x80\x80", "invalid UTF-8: a byte that never occurs in it");
  string("Latin-1", "caf\xe9", "invalid UTF-8: a character cut short");
  string("raw zero", std::string_view("a\0", 2), "byte 31: a control character inside of a string");
  string("raw new line", "a\n", "a control character inside of a string; it must be escaped");
  string("escape unknown", "\\x41", "byte 30: an unknown escape: backslash and \"x\"");
  string("escape in upper case", "\\N", "an unknown escape: backslash and \"N\"");
  string("escape \\u in upper case", "\\U0041", "an unknown escape: backslash and \"U\"");
  string("escape with three digits", "\\u004", "an escape \\u without four hexadecimal digits");
  string("escape with a letter that is no digit", "\\u00g1", "an escape \\u without four hexadecimal digits");
  string("escape with a sign", "\\u+041", "an escape \\u without four hexadecimal digits");
  string("escape with spaces", "\\u  41", "an escape \\u without four hexadecimal digits");
  string("escape of the closing quote", "\\", "the text ends inside of a string");
  string("high surrogate alone", "\\ud83d", "byte 30: a high surrogate without its low one");
  string("high surrogate and a letter", "\\uD83Dx", "a high surrogate without its low one");
  string("high surrogate and another escape", "\\ud83d\\n", "a high surrogate without its low one");
  string("high surrogate and a character", "\\ud83d\\u0041", "a high surrogate without its low one");
  string("two high surrogates", "\\ud83d\\ud83d\\ude00", "a high surrogate without its low one");
  string("low surrogate alone", "a\\ude00", "byte 31: a low surrogate without its high one");
  string("surrogates in the wrong order", "\\ude00\\ud83d", "byte 30: a low surrogate without its high one");
  string("high surrogate and bad digits", "\\ud83d\\uzzzz", "byte 36: an escape \\u without four hexadecimal digits");
}

inline void hostile_files::structure() {
  json("brace not closed", "{ ", "byte 10: expected a key in quotes, found the end of the text");
  json("object not closed", R"({"__metadata__":{})", "expected a comma or the object's end, found the end of the text");
  json("string not closed", R"({"__metadata__)", "byte 22: the text ends inside of a string");
  json("text ends with a backslash", "{\"a\\", "byte 11: the text ends inside of an escape");
  json("array not closed", R"({"a":{"shape":[1)", "expected a comma or the array's end, found the end of the text");
  json("array closed by a brace", R"({"a":{"shape":[1}}})", "expected a comma or the array's end, found \"}\"");
  json("key without quotes", "{a:{}}", "byte 9: expected a key in quotes, found \"a\"");
  json("key in single quotes", "{'a':{}}", "byte 9: expected a key in quotes, found \"'\"");
  json("key a number", "{1:{}}", "byte 9: expected a key in quotes, found a number");
  json("no colon", R"({"a" {}})", "byte 13: expected a colon behind the key, found an object");
  json("no value", R"({"a":})", "byte 13: expected an object, found \"}\"");
  json("no comma", R"({"__metadata__":{} "a":{}})", "byte 27: expected a comma or the object's end, found a string");
  json("two commas", R"({"__metadata__":{},,})", "byte 27: expected a key in quotes, found \",\"");
  json("comma first", R"({,"__metadata__":{}})", "byte 9: expected a key in quotes, found \",\"");
  json("comma last", R"({"__metadata__":{},})", "byte 27: a comma before the object's end");
  json("comma last in an array", R"({"a":{"shape":[1,]}})", "byte 25: a comma before the array's end");
  json("comma alone in an array", R"({"a":{"shape":[,]}})", "expected an unsigned integer, found \",\"");
  json("comment", "{/*x*/}", "byte 9: expected a key in quotes, found \"/\"");
  json("form feed as space", "{\f}", "byte 9: expected a key in quotes, found \"\\x0c\"");
  json("two documents", "{}{}", "byte 10: something stands behind the end of the JSON, where only spaces may be: an object");
  json("brace too many", "{}}", "byte 10: something stands behind the end of the JSON");
  json("padded with new lines", "{}\n", "byte 10: something stands behind the end of the JSON, where only spaces may be: \"\\x0a\"");
  json("padded with zeros", std::string_view("{}  \0\0", 6),
       "byte 12: something stands behind the end of the JSON, where only spaces may be: \"\\x00\"");
  json("a letter behind the padding", "{}   x", "byte 13: something stands behind the end of the JSON");
  json("arrays nested deeply", R"({"a":)" + std::string(100'000, '['), "byte 13: expected an object, found an array");
  json(
      "objects nested deeply",
      [] {
        std::string text;
        for (int i = 0; i < 50'000; ++i) text += "{\"a\":";
        return text;
      }(),
      "byte 14: unknown key \"a\"");
  json("shape nested deeply", R"({"a":{"shape":[[[[[[1]]]]]]}})", "byte 23: expected an unsigned integer, found an array");
  json("metadata nested", R"({"__metadata__":{"a":{"b":{"c":{}}}}})", "expected a string, found an object");
}

}  // namespace adagrad::test
