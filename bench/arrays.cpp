#include "arrays.hpp"

#include <memory>
#include <string>

#include "kept.hpp"
#include "mapping.hpp"
#include "parts.hpp"

namespace adagrad::bench {
namespace {

constexpr std::size_t small_page = 4096;

std::byte* mapped(std::size_t bytes, unsigned threads) {
  const auto make = [&] { return std::make_shared<mapping>(bytes); };
  const std::string key = "arrays/" + std::to_string(bytes) + "/" + std::to_string(threads);
  return static_cast<const mapping*>(kept(key, make))->data();
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
      const auto [parameter, gradient, accumulator] = start_of<T>(i, what);
      all.parameters[i] = parameter;
      all.gradients[i] = gradient;
      all.accumulators[i] = accumulator;
    }
  });
  return all;
}

template arrays<float> fresh_arrays<float>(std::size_t, unsigned, placement, contents);
template arrays<double> fresh_arrays<double>(std::size_t, unsigned, placement, contents);

}  // namespace adagrad::bench
