// Learns the sections of Debian's packages from their descriptions: an example of embedding tables in adagrad::optimizer, beside dense parameters.
#include <adagrad/adagrad.hpp>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "corpus.hpp"
#include "model.hpp"
#include "options.hpp"
#include "support/optimizer.hpp"
#include "support/program.hpp"
#include "support/random.hpp"
#include "support/training.hpp"
#include "trainer.hpp"

namespace sections {
namespace {

struct row {  // of the final table
  std::string name;
  double accuracy, seconds_an_epoch, optimizer_percent;
};

std::string describe(std::size_t dim) { return dim == 0 ? "linear bag" : "embeddings of " + std::to_string(dim) + ", dense layer"; }

template <class Optimizer>
row train(const options& chosen, const corpus& texts, std::size_t dim, Optimizer& optimizer) {
  example::splitmix64 random(chosen.training.seed);
  model trained({texts.vocabulary, texts.sections.size(), dim}, random);
  trainer work(trained, optimizer, texts, chosen.rowwise ? adagrad::row_accumulators::rowwise : adagrad::row_accumulators::elementwise);
  const auto show = [](unsigned epoch, const example::epoch_report& report) {
    std::printf("epoch %2u: training loss %.4f, test loss %.4f, test accuracy %.4f, %.2f s, optimizer %.1f %%, threads: %u\n", epoch,
                report.loss, report.test.loss, report.test.accuracy, report.seconds, report.optimizer_percent(), report.threads);
  };
  const example::epoch_report total = example::train(chosen.training, work, example::saved_training(chosen.training, optimizer),
                                                     texts.training.size(), "texts", random, show);
  std::printf("hash of parameters and accumulators (64-bit FNV-1a): %016llx\n", static_cast<unsigned long long>(work.hash()));
  return {describe(dim), total.test.accuracy, total.seconds / chosen.training.epochs, total.optimizer_percent()};
}

row train(const options& chosen, const corpus& texts, std::size_t dim) {
  const double learning_rate = chosen.training.learning_rate.value_or(dim == 0 ? 3 : 0.2);
  std::printf("\n%s%s: batch %zu, learning rate %g, seed %llu; optimizer: %s\n", describe(dim).c_str(),
              chosen.rowwise ? ", row-wise accumulators" : "", chosen.training.batch, learning_rate,
              static_cast<unsigned long long>(chosen.training.seed), example::optimizer_name(chosen.training).c_str());
  return example::with_optimizer(chosen.training, learning_rate, [&](auto& optimizer) { return train(chosen, texts, dim, optimizer); });
}

void run(const options& chosen) {
  example::choose_instruction_set(chosen.training);
  const corpus texts = make_corpus(read_index(chosen.index), chosen.limit);
  if (texts.training.size() == 0 || texts.test.size() == 0 || texts.vocabulary == 0) {
    throw std::runtime_error(chosen.index + " has too few packages to learn from and to test with: take another --index");
  }
  std::printf("%zu training texts of %.1f words, %zu test texts; %zu words, %zu sections\n", texts.training.size(),
              static_cast<double>(texts.training.words.size()) / static_cast<double>(texts.training.size()), texts.test.size(),
              texts.vocabulary, texts.sections.size());
  std::vector<row> table;
  for (const std::size_t dim : chosen.dims) {
    table.push_back(train(chosen, texts, dim));
  }
  std::printf("\n%-32s %13s %16s %9s\n", "model", "test accuracy", "s for an epoch", "optimizer");
  for (const row& each : table) {
    std::printf("%-32s %13.4f %16.2f %7.1f %%\n", each.name.c_str(), each.accuracy, each.seconds_an_epoch, each.optimizer_percent);
  }
  std::printf("%-32s %13.4f\n", "always the largest section", majority_accuracy(texts));
}

}  // namespace
}  // namespace sections

int main(int argc, char** argv) {
  return example::exit_status("package_sections", [&] { sections::run(sections::read_options(argc, argv)); });
}
