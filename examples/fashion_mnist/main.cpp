// Trains a network on Fashion-MNIST: an example of a trainer around adagrad::optimizer, and a check that what the library computes trains
// as Adagrad should.
#include <adagrad/adagrad.hpp>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "blas.hpp"
#include "idx.hpp"
#include "network.hpp"
#include "options.hpp"
#include "support/optimizer.hpp"
#include "support/program.hpp"
#include "support/random.hpp"
#include "support/training.hpp"
#include "trainer.hpp"

namespace fashion {
namespace {

template <class Optimizer>
void train(const options& chosen, const data_sets& data, network& model, Optimizer& optimizer, example::splitmix64& random) {
  trainer work(model, optimizer, data);
  const auto show = [](unsigned epoch, const example::epoch_report& report) {
    std::printf("epoch %2u: training loss %.4f, test loss %.4f, test accuracy %.4f, %.2f s, optimizer %.2f %%\n", epoch, report.loss,
                report.test.loss, report.test.accuracy, report.seconds, report.optimizer_percent());
  };
  const example::epoch_report total = example::train(chosen.training, work, example::saved_training(chosen.training, optimizer),
                                                     chosen.subset.value_or(data.training.size()), "images", random, show);
  std::printf("test accuracy: %.4f\n", total.test.accuracy);
  std::printf("test loss: %.4f\n", total.test.loss);
  std::printf("training time: %.2f s, of which the optimizer %.2f %% (%llu steps, %.1f us each, threads: %u)\n", total.seconds,
              total.optimizer_percent(), static_cast<unsigned long long>(total.steps),
              1e6 * total.optimizer_seconds / static_cast<double>(total.steps), total.threads);
  std::printf("hash of parameters and accumulators (64-bit FNV-1a): %016llx\n", static_cast<unsigned long long>(work.hash()));
  std::printf("  equal for every --isa, --threads and --reference; another processor or BLAS may round the model otherwise\n");
}

void describe(const options& chosen, const data_sets& data, const network& model, const adagrad::inverse_time& learning_rate) {
  std::size_t parameters = 0;
  for (const tensor& each : model.tensors()) {
    parameters += each.parameters.size();
  }
  std::printf("%s, %zu parameters in %zu tensors; %zu training images (seed %llu), %zu test images\n", chosen.model.description, parameters,
              model.tensors().size(), chosen.subset.value_or(data.training.size()), static_cast<unsigned long long>(chosen.training.seed),
              data.test.size());
  std::printf("batch %zu, learning rate %g, decay %g; optimizer: %s\n", chosen.training.batch, learning_rate.learning_rate,
              learning_rate.decay, example::optimizer_name(chosen.training).c_str());
}

void run(const options& chosen) {
  example::choose_instruction_set(chosen.training);
  use_one_blas_thread();
  const data_sets data{read_data_set(chosen.data, "train"), read_data_set(chosen.data, "t10k")};
  if (chosen.subset > data.training.size()) {
    throw std::invalid_argument("--subset: '" + std::to_string(*chosen.subset) + "' is too many: there are " +
                                std::to_string(data.training.size()) + " training images");
  }
  example::splitmix64 random(chosen.training.seed);
  network model(chosen.model.widths, random);
  const adagrad::inverse_time learning_rate{.learning_rate = chosen.training.learning_rate.value_or(chosen.model.learning_rate),
                                            .decay = chosen.decay};
  describe(chosen, data, model, learning_rate);
  example::with_optimizer(chosen.training, learning_rate, [&](auto& optimizer) { train(chosen, data, model, optimizer, random); });
}

}  // namespace
}  // namespace fashion

int main(int argc, char** argv) {
  return example::exit_status("fashion_mnist", [&] { fashion::run(fashion::read_options(argc, argv)); });
}
