// Files with headers, made by hand or at random.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "checkpoint/header.hpp"
#include "verify/splitmix64.hpp"

namespace adagrad::test {

inline std::string little_endian(std::uint64_t value) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(static_cast<unsigned char>(value >> 8 * i));
  return bytes;
}

// A file of a header and so many bytes of data.
inline std::string file_of(std::string_view json, std::size_t data = 0) {
  return little_endian(json.size()) + std::string(json) + std::string(data, 'x');
}

// Two tensors, metadata, an escape and a character of three bytes.
inline std::string small_file() {
  return file_of(R"({"__metadata__":{"k\n":"v)"
                 "\xe2\x82\xac"
                 R"("},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"U64","shape":[],"data_offsets":[8,16]}}  )",
                 16);
}

// A header that can be written, with names, sizes and metadata of all kinds.
inline checkpoint::header random_header(verify::splitmix64& random) {
  static constexpr const char* characters[] = {
      "a", ".", "/", "\"", "\\", " ", "7", "{", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xc2\xa0"};
  static constexpr const char* controls[] = {"\n", "\t", "\x01", "\x1f", "\x7f", "\xc2\x80"};
  const auto text = [&](bool with_controls) {
    std::string result;
    for (std::uint64_t n = random() % 10; n > 0; --n)
      result += with_controls && random() % 4 == 0 ? controls[random() % 6] : characters[random() % 12];
    return result;
  };
  checkpoint::header h;
  for (std::uint64_t n = random() % 5; n > 0; --n) h.metadata[text(true)] = text(true);
  std::uint64_t end = 0;
  for (std::uint64_t i = 0, n = random() % 8; i < n; ++i) {
    checkpoint::tensor t{text(false) + std::to_string(i), static_cast<checkpoint::element>(random() % 3), {}, end, end};
    std::uint64_t bytes = size_of(t.type);
    for (std::uint64_t k = random() % 5; k > 0; --k) {
      t.shape.push_back(random() % 8 == 0 ? 0 : random() % (random() % 4 == 0 ? 1000 : 4));
      bytes *= t.shape.back();
    }
    end = t.end = t.begin + bytes;
    h.tensors.push_back(std::move(t));
  }
  return h;
}

inline bool same_content(const checkpoint::header& a, const checkpoint::header& b) {
  return a.metadata == b.metadata && a.tensors == b.tensors;
}

}  // namespace adagrad::test
