#include "arrays.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

#include "parts.hpp"

namespace adagrad::bench {
namespace {

constexpr std::size_t huge_page = 2u << 20, small_page = 4096;

constexpr std::size_t round_up(std::size_t value, std::size_t unit) { return (value + unit - 1) / unit * unit; }

class mapping {
 public:
  explicit mapping(std::size_t bytes) : bytes_(round_up(bytes, huge_page) + huge_page) {
    start_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start_ == MAP_FAILED)
      throw std::system_error(errno, std::generic_category(), "no memory for " + std::to_string(bytes_ >> 20) + " MiB of arrays");
    (void)madvise(start_, bytes_, MADV_HUGEPAGE);  // a wish: the report's context says what the system makes of it
  }
  ~mapping() { munmap(start_, bytes_); }
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;

  std::byte* aligned() const {
    const auto address = reinterpret_cast<std::uintptr_t>(start_);
    return static_cast<std::byte*>(start_) + (round_up(address, huge_page) - address);
  }

 private:
  void* start_;
  std::size_t bytes_;
};

std::byte* mapped(std::size_t bytes, unsigned threads) {
  static std::unique_ptr<mapping> current;
  static std::size_t current_bytes;
  static unsigned current_threads;
  if (current == nullptr || current_bytes != bytes || current_threads != threads) {
    current.reset();  // first: there may not be room for both
    current = std::make_unique<mapping>(bytes);
    current_bytes = bytes;
    current_threads = threads;
  }
  return current->aligned();
}

// splitmix64: 64 random bits that depend on the index alone.
constexpr std::uint64_t random_bits(std::uint64_t index) {
  std::uint64_t z = (index + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace

template <class T>
arrays<T> fresh_arrays(std::size_t count, unsigned threads, placement where, contents what) {
  const std::size_t stagger = where == placement::staggered ? 1088 : 0;
  const std::size_t distance = round_up(count * sizeof(T), small_page) + stagger;
  std::byte* const start = mapped(3 * distance, threads);
  const auto array = [&](std::size_t i) { return std::span<T>(reinterpret_cast<T*>(start + i * distance), count); };
  const arrays<T> all{array(0), array(1), array(2)};
  in_parts(count, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint64_t bits = random_bits(i);
      const bool zero = what == contents::half_zeros && (bits & 1) != 0;
      // 0.5e-3 to 1.5e-3 with either sign: every square is a normal number, and no sum leaves the normal range in 1e9 steps.
      const T magnitude = T(0.5e-3) + T(1e-3) * T(0x1p-32) * static_cast<T>(bits >> 32);
      all.parameters[i] = T(0.5);
      all.gradients[i] = zero ? T(0) : (bits & 2) != 0 ? magnitude : -magnitude;
      all.accumulators[i] = zero ? T(0) : T(0.1);
    }
  });
  return all;
}

template arrays<float> fresh_arrays<float>(std::size_t, unsigned, placement, contents);
template arrays<double> fresh_arrays<double>(std::size_t, unsigned, placement, contents);

}  // namespace adagrad::bench
