#include "tensors.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <string>

#include "kept.hpp"
#include "mapping.hpp"
#include "parts.hpp"
#include "start_values.hpp"

namespace adagrad::bench {
namespace {

constexpr std::align_val_t cache_line{64};

// Large arrays on huge pages start at `stagger` modulo 4096; see placement::staggered.
allocation allocate(std::size_t count, pages wanted, std::size_t stagger) {
  const std::size_t bytes = count * sizeof(float);
  if (wanted == pages::huge && bytes >= huge_page) {
    const auto memory = std::make_shared<mapping>(bytes + stagger);
    return {memory, {reinterpret_cast<float*>(memory->data() + stagger), count}};
  }
  void* const memory = operator new(bytes, cache_line);
  return {{memory, [](void* start) { operator delete(start, cache_line); }}, {static_cast<float*>(memory), count}};
}

struct tensor_list {
  std::vector<allocation> parameters, gradients;
  std::vector<tensor> tensors;

  explicit tensor_list(const shape_list& shapes) {
    for (const std::size_t count : shapes.counts) {
      parameters.push_back(allocate(count, pages::huge, 1088));
      gradients.push_back(allocate(count, pages::huge, 2176));
      tensors.push_back({parameters.back().values, gradients.back().values});
    }
  }

  void fill(unsigned threads) const {
    std::size_t before = 0;  // elements of the tensors in front
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const std::span<float> w = parameters[i].values, g = gradients[i].values;
      in_parts(w.size(), threads, [&](std::size_t begin, std::size_t end) {
        for (std::size_t k = begin; k < end; ++k) {
          const auto start = start_of<float>(before + k, contents::plain);
          w[k] = start.parameter;
          g[k] = start.gradient;
        }
      });
      before += w.size();
    }
  }
};

}  // namespace

std::span<const tensor> fresh_tensors(const shape_list& shapes, unsigned threads) {
#if defined(__GLIBC__)
  malloc_trim(0);  // or the accumulators of an earlier row would stay resident: 0.4 GB beside bert-base
#endif
  const std::string key = shapes.name + "/" + std::to_string(shapes.total()) + "/" + std::to_string(threads);
  const auto& list = *static_cast<const tensor_list*>(kept(key, [&] { return std::make_shared<tensor_list>(shapes); }));
  list.fill(threads);
  return list.tensors;
}

std::vector<allocation> fresh_accumulators(const shape_list& shapes, unsigned threads, pages wanted) {
  std::vector<allocation> all;
  for (const std::size_t count : shapes.counts) {
    const std::span<float> values = all.emplace_back(allocate(count, wanted, 0)).values;
    in_parts(count, threads, [&](std::size_t begin, std::size_t end) {
      std::fill(values.begin() + static_cast<std::ptrdiff_t>(begin), values.begin() + static_cast<std::ptrdiff_t>(end),
                static_cast<float>(start_accumulator));
    });
  }
  return all;
}

}  // namespace adagrad::bench
