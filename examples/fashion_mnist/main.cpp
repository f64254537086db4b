// Trains a network on Fashion-MNIST: an example of a trainer around adagrad::optimizer, and a check that what the library computes trains
// as Adagrad should.
#include <adagrad/adagrad.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "blas.hpp"
#include "idx.hpp"
#include "network.hpp"
#include "options.hpp"
#include "reference_optimizer.hpp"
#include "support/progress.hpp"
#include "support/random.hpp"
#include "trainer.hpp"

namespace fashion {
namespace {

struct data_sets {
  data_set training, test;
};

template <class Optimizer>
void train(const options& chosen, const data_sets& data, network& model, Optimizer& optimizer, example::splitmix64& random) {
  trainer work(model, optimizer);
  std::vector<std::uint32_t> order(chosen.subset.value_or(data.training.size()));
  std::iota(order.begin(), order.end(), 0U);
  example::progress shown(chosen.epochs, order.size(), "images");
  epoch_report total;
  quality reached{};
  for (unsigned epoch = 1; epoch <= chosen.epochs; ++epoch) {
    example::shuffle(order, random);
    const epoch_report report = work.train(data.training, order, chosen.batch, shown);
    reached = model.evaluate(data.test);
    total.seconds += report.seconds;
    total.optimizer_seconds += report.optimizer_seconds;
    total.steps += report.steps;
    total.threads = report.threads;
    shown.clear();
    std::printf("epoch %2u: training loss %.4f, test loss %.4f, test accuracy %.4f, %.2f s, optimizer %.2f %%\n", epoch, report.loss,
                reached.loss, reached.accuracy, report.seconds, report.optimizer_percent());
    std::fflush(stdout);
  }
  std::printf("test accuracy: %.4f\n", reached.accuracy);
  std::printf("test loss: %.4f\n", reached.loss);
  std::printf("training time: %.2f s, of which the optimizer %.2f %% (%llu steps, %.1f us each, threads: %u)\n", total.seconds,
              total.optimizer_percent(), static_cast<unsigned long long>(total.steps),
              1e6 * total.optimizer_seconds / static_cast<double>(total.steps), total.threads);
  std::printf("hash of parameters and accumulators (64-bit FNV-1a): %016llx\n", static_cast<unsigned long long>(work.hash()));
  std::printf("  equal for every --isa, --threads and --reference; another processor or BLAS may round the model otherwise\n");
}

void describe(const options& chosen, const data_sets& data, const network& model) {
  std::size_t parameters = 0;
  for (const tensor& each : model.tensors()) {
    parameters += each.parameters.size();
  }
  const std::string by = chosen.reference ? "scalar reference" : "instruction set " + std::string(adagrad::instruction_set());
  std::printf("%s, %zu parameters in %zu tensors; %zu training images (seed %llu), %zu test images\n", chosen.model.description, parameters,
              model.tensors().size(), chosen.subset.value_or(data.training.size()), static_cast<unsigned long long>(chosen.seed),
              data.test.size());
  std::printf("batch %zu, learning rate %g, decay %g; optimizer: %s\n", chosen.batch, chosen.learning_rate, chosen.decay, by.c_str());
}

void run(const options& chosen) {
  try {
    if (!chosen.isa.empty()) {
      adagrad::force_instruction_set(chosen.isa);
    }
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(std::string("--isa: ") + error.what());
  }
  use_one_blas_thread();
  const data_sets data{read_data_set(chosen.data, "train"), read_data_set(chosen.data, "t10k")};
  if (chosen.subset > data.training.size()) {
    throw std::invalid_argument("--subset: '" + std::to_string(*chosen.subset) + "' is too many: there are " +
                                std::to_string(data.training.size()) + " training images");
  }
  example::splitmix64 random(chosen.seed);
  network model(chosen.model.widths, random);
  describe(chosen, data, model);

  const adagrad::inverse_time learning_rate{.learning_rate = chosen.learning_rate, .decay = chosen.decay};
  if (chosen.reference) {
    reference_optimizer optimizer(learning_rate);
    train(chosen, data, model, optimizer, random);
  } else {
    adagrad::optimizer_options settings{.learning_rate = learning_rate};
    if (chosen.threads) {
      settings.how = {.threads = *chosen.threads, .serial_below = 0};  // who asks for threads shall have them, however small the model
    }
    adagrad::optimizer optimizer(settings);
    train(chosen, data, model, optimizer, random);
  }
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
