// The check sum of checkpoints: known answers, pieces of any size, its digits.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/digest.hpp"
#include "verify/splitmix64.hpp"

using namespace adagrad::checkpoint;

namespace {

std::string digits_of(std::string_view text) {
  digest d;
  d.add(text.data(), text.size());
  return written_digest(d.value());
}

// Byte i is 7i + 3 modulo 256.
std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(static_cast<unsigned char>(7 * i + 3));
  return bytes;
}

// Around the places where XXH3 changes its way: 3, 8, 16, 128, 240, the buffer of 256 and the block of 1024 bytes.
constexpr struct {
  std::size_t size;
  const char* expected;
} known[] = {
    {1, "13e608bc156defed"},    {3, "a9088dda485b481c"},    {4, "6d9253b16c8b1ed3"},     {8, "60539db630471163"},
    {9, "feff668361d723a8"},    {16, "b8c859b0f030b585"},   {17, "714a04408e79b80f"},    {128, "67425a03650261bf"},
    {129, "c664bf3311c6abc4"},  {240, "64556dc6b462a6cf"},  {241, "8beadd3a8874fe17"},   {256, "3c38817f6d79c0da"},
    {257, "2a300c3495738ea6"},  {512, "f58202b8d9019d1d"},  {1023, "d26986a0b85dcc44"},  {1024, "9b81661c641c72b1"},
    {1025, "806c2072ed713576"}, {2048, "abe604813ba62ed1"}, {10000, "fcd0ecba1a48462d"},
};

}  // namespace

TEST_CASE("known answers") {
  CHECK(digits_of("") == "2d06800538d394c2");
  CHECK(digits_of("a") == "e6c632b61e964e1f");
  CHECK(digits_of("abc") == "78af5f94892f3950");
}

TEST_CASE("every size: its recorded value, in pieces of any size") {
  for (const auto& each : known) {
    const std::string bytes = pattern(each.size);
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{3}, std::size_t{64}, std::size_t{255}, std::size_t{256}, std::size_t{1025}}) {
      CAPTURE(each.size);
      CAPTURE(piece);
      digest d;
      for (std::size_t i = 0; i < each.size; i += piece) d.add(bytes.data() + i, std::min(piece, each.size - i));
      CHECK(written_digest(d.value()) == each.expected);
    }
  }
}

TEST_CASE("its value can be asked for on the way") {
  const std::string bytes = pattern(3000);
  digest d;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    d.add(&bytes[i], 1);
    if (i % 97 == 0) CHECK(written_digest(d.value()) == digits_of(bytes.substr(0, i + 1)));
  }
  d.add(nullptr, 0);
  digest moved = std::move(d);
  CHECK(written_digest(moved.value()) == digits_of(bytes));
}

TEST_CASE("every flipped bit is noticed") {
  std::string bytes = pattern(500);
  const std::string before = digits_of(bytes);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    CHECK(digits_of(bytes) != before);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
  }
}

TEST_CASE("digits: there and back, and nothing else") {
  adagrad::verify::splitmix64 random{3};
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t value = random() >> i % 64;
    CHECK(read_digest(written_digest(value)) == value);
  }
  CHECK(written_digest(0) == "0000000000000000");
  CHECK(written_digest(~std::uint64_t{0}) == "ffffffffffffffff");
  CHECK(written_digest(0x0123456789abcdef) == "0123456789abcdef");
  for (const char* bad : {"", "0", "000000000000000", "00000000000000000", "ABCDEF0000000000", "0x00000000000000", " 000000000000000",
                          "000000000000000 ", "000000000000000g", "-000000000000001", "+000000000000001", "00000000000000\xc3\xa9"})
    CHECK_FALSE(read_digest(bad));
  CHECK_FALSE(read_digest(std::string_view("000000000000000\0", 16)));
  for (int byte = 0; byte < 256; ++byte) {
    std::string digits(16, '0');
    digits[7] = static_cast<char>(byte);
    CHECK(read_digest(digits).has_value() == ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f')));
  }
}
