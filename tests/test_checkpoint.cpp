// Saving and loading: training that stopped goes on as if it never had, bit for bit.
#include <doctest/doctest.h>

#include <filesystem>

#include "support/checkpoints.hpp"
#include "support/folder.hpp"
#include "support/trained_model.hpp"

using namespace adagrad;
using namespace adagrad::test;

TEST_CASE("200 configurations: save at some step, load into another model, go on: the bits of never having stopped") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    trained_model whole(seed, first_memory), first(seed, first_memory), second(seed, other_memory);
    const std::uint64_t stop = seed % 11, end = stop + 9;
    for (std::uint64_t i = 0; i < end; ++i) whole.step();
    for (std::uint64_t i = 0; i < stop; ++i) first.step();
    const std::string file = saved(first.optimizer());
    CHECK(saved(first.optimizer()) == file);
    for (std::uint64_t i = 0; i < seed % 4; ++i) second.step();  // what it remembers is replaced
    CHECK(load_text(second.optimizer(), file).iterations == first.optimizer().iterations());
    CHECK(second.bytes() == first.bytes());
    CHECK(saved(second.optimizer()) == file);
    second.set_calls(stop);
    for (std::uint64_t i = stop; i < end; ++i) second.step();
    CHECK(second.bytes() == whole.bytes());
    CHECK(saved(second.optimizer()) == saved(whole.optimizer()));
    whole.optimizer().flush();
    second.optimizer().flush();
    CHECK(second.bytes() == whole.bytes());
  }
}

TEST_CASE("a file and a snapshot have the bytes of a stream") {
  const folder place;
  const std::filesystem::path path = place / "model.safetensors";
  trained_model model(5, first_memory);
  for (int i = 0; i < 6; ++i) model.step();
  const snapshot copy(model.optimizer());
  const std::string expected = saved(model.optimizer());
  save(model.optimizer(), path);
  CHECK(std::filesystem::file_size(path) == expected.size());
  model.step();
  std::ostringstream out;
  copy.save(out);
  CHECK(out.str() == expected);
  CHECK(copy.bytes() == expected.size());
  trained_model other(5, other_memory);
  load(other.optimizer(), path);
  CHECK(saved(other.optimizer()) == expected);
}

TEST_CASE("every flipped bit of a small file, and every truncation, is refused with nothing changed") {
  optimizer o({.learning_rate = inverse_time{.learning_rate = 0.1, .decay = 0.5}});
  std::vector<float> w{1, 2, 3}, g{0.5, -1, 2};
  o.add("w", w, std::span<const float>(g));
  o.step();
  std::ostringstream out;
  save(o, out);
  const std::string good = out.str();
  o.step();
  const auto before = w;
  std::size_t refused = 0;
  const auto refuses = [&](const std::string& text) {
    try {
      load_text(o, text);
    } catch (const checkpoint_error&) {
      ++refused;
      return w == before && o.iterations() == 2;
    }
    return false;
  };
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    CAPTURE(bit);
    REQUIRE(refuses(bad));
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    REQUIRE(refuses(good.substr(0, size)));
  }
  CHECK(refuses(good + '\0'));
  CHECK(refused == good.size() * 9 + 1);
  CHECK(load_text(o, good).iterations == 1);
}
