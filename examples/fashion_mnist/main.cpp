// Trains softmax regression on Fashion-MNIST: an example of a trainer's loop around adagrad::update, and a check that what the library
// computes trains as Adagrad should.
#include <unistd.h>

#include <adagrad/adagrad.hpp>
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "blas.hpp"
#include "idx.hpp"
#include "options.hpp"
#include "softmax.hpp"

namespace fashion {
namespace {

using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point begin) { return std::chrono::duration<double>(clock::now() - begin).count(); }

/// Puts `order` into an order that depends on `state` alone: the standard library's shuffle differs from one library to the next.
/// Fisher-Yates on splitmix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
void shuffle(std::span<std::uint32_t> order, std::uint64_t& state) {
  for (std::size_t i = order.size(); i > 1; --i) {
    std::uint64_t bits = state += 0x9e3779b97f4a7c15;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    bits ^= bits >> 31;
    std::swap(order[i - 1], order[bits % i]);  // the remainder's bias is below 2^-40
  }
}

std::uint64_t fnv1a(std::span<const float> values, std::uint64_t hash = 0xcbf29ce484222325) {
  for (const std::byte byte : std::as_bytes(values)) {
    hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  }
  return hash;
}

/// The parameters and all that training keeps about them.
struct trainer {
  const options& chosen;
  std::vector<float> parameters = std::vector<float>(parameter_count);
  std::vector<float> gradients = std::vector<float>(parameter_count);
  std::vector<float> accumulators = std::vector<float>(parameter_count);
  std::uint64_t iterations = 0;
  double update_seconds = 0;
  unsigned threads = 1;

  void step() {
    const auto begin = clock::now();
    const double rate = adagrad::inverse_time{chosen.learning_rate, chosen.decay}(iterations);
    if (chosen.reference) {
      adagrad::reference::update(parameters, gradients, accumulators, rate);
    } else {
      // So few parameters would stay on one thread; who asks for threads shall have them.
      const auto how = chosen.threads ? adagrad::threading{.threads = *chosen.threads, .serial_below = 0} : adagrad::threading{};
      threads = adagrad::update(parameters, gradients, accumulators, rate, {}, how).threads;
    }
    ++iterations;
    update_seconds += seconds_since(begin);
  }
};

/// One pass over the images in the given order; returns the mean of the losses before each step.
double train_epoch(trainer& state, softmax_regression& model, const data_set& images, std::span<const std::uint32_t> order,
                   unsigned epoch) {
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  auto last_shown = clock::now();
  bool shown = false;
  double loss = 0;
  for (std::size_t begin = 0; begin < order.size(); begin += state.chosen.batch) {
    const auto rows = order.subspan(begin, std::min(state.chosen.batch, order.size() - begin));
    loss += model.gradient(images, rows, state.parameters, state.gradients);
    state.step();
    if (terminal && seconds_since(last_shown) > 2) {
      std::printf("\repoch %2u: %zu of %zu images", epoch, begin + rows.size(), order.size());
      std::fflush(stdout);
      last_shown = clock::now();
      shown = true;
    }
  }
  if (shown) {
    std::printf("\r\033[K");  // clears the line
  }
  return loss / static_cast<double>(order.size());
}

void run(const options& chosen) {
  if (!chosen.isa.empty()) {
    adagrad::force_instruction_set(chosen.isa);
  }
  use_one_blas_thread();
  const data_set training = read_data_set(chosen.data, "train");
  const data_set test = read_data_set(chosen.data, "t10k");
  const std::size_t count = chosen.subset.value_or(training.size());
  if (count > training.size()) {
    throw std::invalid_argument("--subset: there are only " + std::to_string(training.size()) + " training images");
  }
  const std::string isa = chosen.reference ? "scalar reference" : "instruction set " + std::string(adagrad::instruction_set());
  std::printf("softmax regression, %zu parameters; %zu training images (order from seed %llu), %zu test images\n", parameter_count, count,
              static_cast<unsigned long long>(chosen.seed), test.size());
  std::printf("batch %zu, learning rate %g, decay %g; update: %s\n", chosen.batch, chosen.learning_rate, chosen.decay, isa.c_str());

  trainer state{.chosen = chosen};
  softmax_regression model(chosen.batch);
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  std::uint64_t random_state = chosen.seed;
  double training_seconds = 0;
  quality reached{};
  for (unsigned epoch = 1; epoch <= chosen.epochs; ++epoch) {
    const auto begin = clock::now();
    shuffle(order, random_state);
    const double loss = train_epoch(state, model, training, order, epoch);
    const double seconds = seconds_since(begin);
    training_seconds += seconds;
    reached = model.evaluate(test, state.parameters);
    std::printf("epoch %2u: training loss %.4f, test loss %.4f, test accuracy %.4f, %.2f s\n", epoch, loss, reached.loss, reached.accuracy,
                seconds);
    std::fflush(stdout);
  }

  std::printf("test accuracy: %.4f\n", reached.accuracy);
  std::printf("test loss: %.4f\n", reached.loss);
  std::printf("training time: %.2f s, of which the update %.2f %% (%llu steps, %.1f us each, threads: %u)\n", training_seconds,
              100 * state.update_seconds / training_seconds, static_cast<unsigned long long>(state.iterations),
              1e6 * state.update_seconds / static_cast<double>(state.iterations), state.threads);
  std::printf("hash of parameters and accumulators (64-bit FNV-1a): %016llx\n",
              static_cast<unsigned long long>(fnv1a(state.accumulators, fnv1a(state.parameters))));
  std::printf("  equal for every --isa, --threads and --reference; another processor or BLAS may round the model otherwise\n");
  if (std::fflush(stdout) != 0) {
    throw std::runtime_error("the output could not be written: make room on the disk it goes to");
  }
}

}  // namespace
}  // namespace fashion

int main(int argc, char** argv) {
  try {
    fashion::run(fashion::read_options(argc, argv));
    return EXIT_SUCCESS;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "fashion_mnist: %s\nSee fashion_mnist --help.\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fashion_mnist: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
