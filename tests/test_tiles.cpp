// What the optimizer is built of: the virtual list of tiles, the memory of the accumulators, the map of who owns which bytes.
#include <cstring>

#include "doctest/doctest.h"
#include "optimizer/arena.hpp"
#include "optimizer/memory_map.hpp"
#include "optimizer/tiles.hpp"
#include "support/values.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

bool before_or_at(const position& a, const position& b) {
  return a.parameter != b.parameter ? a.parameter < b.parameter : a.element <= b.element;
}

}  // namespace

TEST_CASE("parts cover the list once, in order, cut at tiles, and take equal shares of the bytes") {
  random_bits random(201);
  for (int round = 0; round < 300; ++round) {
    struct one {
      std::size_t elements, size;
    };
    std::vector<one> all;
    tile_list list;
    const std::size_t count = 1 + random() % 40;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t kind = random() % 4;
      all.push_back({kind == 0   ? 0
                     : kind == 1 ? random() % 50
                     : kind == 2 ? random() % 5000
                                 : random() % 1'000'000,
                     random() % 2 ? 4u : 8u});
      list.append(all[i].elements, all[i].size, 4096);
      bytes += all[i].elements * all[i].size;
    }
    CHECK(list.bytes() == bytes);
    for (const std::size_t parts : {1, 2, 3, 8, 64}) {
      CAPTURE(parts);
      const position first = list.edge(0, parts), last = list.edge(parts, parts);
      CHECK((first.parameter == 0 && first.element == 0));
      CHECK((last.parameter == count - 1 && last.element == all.back().elements));
      for (std::size_t part = 0; part < parts; ++part) {
        const position begin = list.edge(part, parts), end = list.edge(part + 1, parts);
        REQUIRE(end.parameter < count);
        CHECK(before_or_at(begin, end));
        const bool at_tile = end.element * all[end.parameter].size % 4096 == 0;
        CHECK((at_tile || end.element == all[end.parameter].elements));
        std::size_t share = 0;
        for (std::size_t i = begin.parameter; i <= end.parameter; ++i)
          share += all[i].size * ((i == end.parameter ? end.element : all[i].elements) - (i == begin.parameter ? begin.element : 0));
        // Two tiles of rounding, and 256 bytes that each parameter counts for beside its own.
        CHECK(share <= bytes / parts + 2 * 4096 + 256 * count);
        CHECK(share + 2 * 4096 + 256 * count >= bytes / parts);
      }
    }
  }
}

TEST_CASE("a list of nothing has nothing to do, and sums stay right beyond 2^32 bytes") {
  tile_list list;
  CHECK(list.tiles() == 0);
  CHECK(list.edge(1, 2).parameter == 0);
  list.append(0, 4, 4096);
  CHECK(list.tiles() == 0);
  CHECK(list.edge(1, 2).element == 0);
  list.clear();
  for (int i = 0; i < 3; ++i) list.append(std::size_t(1) << 40, 8, 4096);
  CHECK(list.bytes() == std::size_t(3) << 43);
  const position middle = list.edge(1, 2);
  CHECK(middle.parameter == 1);
  CHECK(middle.element == (std::size_t(1) << 39));
}

TEST_CASE("an arena's pieces begin at cache lines, do not overlap, keep off the low 12 bits of their neighbour, and fit") {
  random_bits random(203);
  for (const std::size_t scale : {std::size_t(100), std::size_t(50'000), std::size_t(700'000)}) {
    std::vector<std::size_t> sizes;
    std::size_t bytes = 0, payload = 0;
    for (int i = 0; i < 40; ++i) {
      sizes.push_back(random() % scale);
      bytes += arena::reserve(sizes.back());
      payload += sizes.back();
    }
    CHECK(bytes - payload <= 40 * 600);  // what is spent beside the arrays stays below 1 KiB for each
    arena memory(bytes);
    arena moved(std::move(memory));
    std::byte* end = nullptr;
    for (const std::size_t size : sizes) {
      const void* beside = reinterpret_cast<const void*>(random() % 100'000 * 16);
      auto* const begin = static_cast<std::byte*>(moved.take(size, beside));
      CHECK(reinterpret_cast<std::uintptr_t>(begin) % 64 == 0);
      CHECK((end == nullptr || begin >= end));
      if (size >= 16'384) {
        const std::size_t distance = (reinterpret_cast<std::uintptr_t>(begin) - reinterpret_cast<std::uintptr_t>(beside)) % 4096;
        CHECK(distance >= 256);
        CHECK(distance <= 4096 - 256);
      }
      std::memset(begin, 1, size);  // sanitizers and the kernel see a piece that does not fit
      end = begin + size;
    }
  }
}

TEST_CASE("a large arena begins at a huge page") {
  arena memory(arena::reserve(std::size_t(5) << 20));
  void* const start = memory.take(std::size_t(5) << 20, reinterpret_cast<const void*>(2048));
  CHECK(reinterpret_cast<std::uintptr_t>(start) % (std::size_t(2) << 20) == 0);
}

TEST_CASE("the memory map finds every overlap, and none where ranges touch") {
  memory_map map;
  const auto range = [](std::uintptr_t begin, std::uintptr_t end) { return memory_range{{begin, end}, 0, array_role::parameters}; };
  map.insert(range(100, 200));
  map.insert(range(300, 400));
  map.insert(range(250, 250));  // empty: nobody's
  CHECK(map.find(range(0, 100)) == nullptr);
  CHECK(map.find(range(200, 300)) == nullptr);
  CHECK(map.find(range(400, 500)) == nullptr);
  CHECK(map.find(range(150, 150)) == nullptr);
  for (const auto& hit :
       {range(0, 101), range(199, 250), range(120, 130), range(0, 1000), range(250, 301), range(399, 900), range(199, 301)}) {
    CAPTURE(hit.begin);
    CHECK(map.find(hit) != nullptr);
  }
  CHECK(map.find(range(0, 150))->begin == 100);
  CHECK(map.find(range(350, 351))->begin == 300);
  map.clear();
  for (const auto& each : {range(300, 400), range(100, 200), range(200, 300), range(50, 50)}) map.push(each);
  CHECK(map.sort() == nullptr);
  map.push(range(199, 201));
  CHECK(map.sort() != nullptr);
}
