#include "checkpoint/digest.hpp"

#include <xxhash.h>

#include <new>

namespace adagrad::checkpoint {
namespace {

constexpr std::string_view digits_of_16 = "0123456789abcdef";
constexpr std::size_t digit_count = 16;

struct release {
  void operator()(XXH3_state_t* state) const noexcept { XXH3_freeState(state); }
};

}  // namespace

struct digest::state {
  std::unique_ptr<XXH3_state_t, release> xxh3{XXH3_createState()};
};

digest::digest() : state_(std::make_unique<state>()) {
  if (!state_->xxh3) throw std::bad_alloc();
  reset();
}
digest::~digest() = default;
digest::digest(digest&&) noexcept = default;
digest& digest::operator=(digest&&) noexcept = default;

void digest::add(const void* data, std::size_t size) {
  if (size > 0) XXH3_64bits_update(state_->xxh3.get(), data, size);  // size 0 comes with null pointers
}

std::uint64_t digest::value() const { return XXH3_64bits_digest(state_->xxh3.get()); }

void digest::reset() noexcept { XXH3_64bits_reset(state_->xxh3.get()); }

std::string written_digest(std::uint64_t value) {
  std::string digits(digit_count, '0');
  for (std::size_t i = digit_count; i-- > 0; value >>= 4) digits[i] = digits_of_16[value & 15];
  return digits;
}

std::optional<std::uint64_t> read_digest(std::string_view digits) noexcept {
  if (digits.size() != digit_count) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    const std::size_t digit = digits_of_16.find(c);
    if (digit == digits_of_16.npos) return std::nullopt;
    value = value << 4 | digit;
  }
  return value;
}

}  // namespace adagrad::checkpoint
