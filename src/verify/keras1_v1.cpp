// The script keras1-v1: Adagrad as Keras 1 wrote it, through adagrad::optimizer: 1,000 steps with decay over float and double parameters of
// several sizes, from counters of 0 and just below 2^24 and 2^32. FROZEN: its constant is printed in places this code cannot reach.
// tests/golden/keras1_v1.py is Keras' formula in numpy.
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "adagrad/optimizer.hpp"
#include "adagrad/reference.hpp"
#include "verify/scripts.hpp"
#include "verify/sha256.hpp"
#include "verify/splitmix64.hpp"

namespace adagrad::verify {
namespace {

static_assert(std::endian::native == std::endian::little, "the hash is over little-endian bytes");

constexpr unsigned steps = 1000;

// Decays by which each thousand steps change the rate in its last bits, at least.
struct run {
  std::uint64_t start;
  double learning_rate, decay;
};
constexpr run runs[] = {
    {0, 0.01, 1e-2},
    {(std::uint64_t(1) << 24) - 500, 0.05, 1e-6},
    {(std::uint64_t(1) << 32) - 500, 0.5, 1e-9},
};

// Elements of each parameter: float and double in turns.
constexpr std::size_t sizes[] = {1, 1, 3, 7, 17, 0, 130, 33, 1003, 517};

template <class T>
struct array {
  std::vector<T> parameters, gradients, accumulators;
};

// An odd multiple of 2^-24 in (-1, 1) times 2^-(0 to 15); one gradient in 16 is 0. Exact in float.
double value(std::uint64_t z) {
  const auto size = static_cast<double>((z >> 40 | 1) & 0xFFFFFF) * 0x1p-24;
  return std::ldexp(z & 1 ? -size : size, -static_cast<int>(z >> 1 & 15));
}
double gradient(std::uint64_t z) { return (z >> 5 & 15) == 0 ? 0.0 : value(z); }

// The parameters of one run, stepped by the optimizer or, with no threads, by a loop over the reference.
struct trainer {
  std::vector<array<float>> floats;
  std::vector<array<double>> doubles;

  template <class Body>
  void each(const Body& body) {
    for (std::size_t i = 0; i < floats.size(); ++i) {
      body(floats[i], 2 * i);
      body(doubles[i], 2 * i + 1);
    }
  }
};

void hash_run(const subject& who, const run& r, std::uint64_t seed, sha256& hash) {
  splitmix64 random{seed};
  trainer t;
  t.floats.resize(std::size(sizes) / 2);
  t.doubles.resize(std::size(sizes) / 2);
  t.each([&]<class T>(array<T>& a, std::size_t index) {
    a.parameters.resize(sizes[index]);
    a.gradients.resize(sizes[index]);
    a.accumulators.resize(sizes[index]);
    for (T& w : a.parameters) w = static_cast<T>(value(random()));
  });
  const inverse_time decaying{.learning_rate = r.learning_rate, .decay = r.decay};
  optimizer o({.learning_rate = decaying, .how = {.threads = who.threads, .serial_below = 0}});
  t.each([&](auto& a, std::size_t index) { o.add("parameter" + std::to_string(index), a.parameters, a.gradients); });
  o.set_iterations(r.start);
  for (unsigned step = 0; step < steps; ++step) {
    t.each([&]<class T>(array<T>& a, std::size_t) {
      for (T& g : a.gradients) g = static_cast<T>(gradient(random()));
    });
    if (who.threads > 0) o.step();
    else t.each([&](auto& a, std::size_t) { reference::update(a.parameters, a.gradients, a.accumulators, decaying(r.start + step)); });
  }
  t.each([&]<class T>(array<T>& a, std::size_t index) {
    std::span<const T> accumulators = a.accumulators;
    if (who.threads > 0) accumulators = o.accumulators<T>(index);
    hash.add(a.parameters.data(), a.parameters.size() * sizeof(T));
    hash.add(accumulators.data(), accumulators.size_bytes());
  });
}

}  // namespace

std::string keras1_v1(const subject& who) {
  sha256 hash;
  std::uint64_t seed = 100;
  for (const run& r : runs) hash_run(who, r, ++seed, hash);
  return hash.hex();
}

}  // namespace adagrad::verify
