// Learns the sections of Debian's packages from their descriptions: an example of embedding tables in adagrad::optimizer, beside dense parameters.
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

#include "corpus.hpp"
#include "model.hpp"
#include "options.hpp"
#include "reference_optimizer.hpp"
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
  example::splitmix64 random(chosen.seed);
  model trained({texts.vocabulary, texts.sections.size(), dim}, random);
  trainer work(trained, optimizer, chosen.rowwise ? adagrad::row_accumulators::rowwise : adagrad::row_accumulators::elementwise);
  std::vector<std::uint32_t> order(texts.training.size());
  std::iota(order.begin(), order.end(), 0U);
  example::progress shown(chosen.epochs, order.size(), "texts");
  const auto test_size = static_cast<double>(texts.test.size());
  epoch_report total;
  double accuracy = 0;
  for (unsigned epoch = 1; epoch <= chosen.epochs; ++epoch) {
    example::shuffle(order, random);
    const epoch_report report = work.train(texts.training, order, chosen.batch, shown);
    const model::result reached = trained.evaluate(texts.test);
    accuracy = static_cast<double>(reached.right) / test_size;
    total.seconds += report.seconds;
    total.optimizer_seconds += report.optimizer_seconds;
    shown.clear();
    std::printf("epoch %2u: training loss %.4f, test loss %.4f, test accuracy %.4f, %.2f s, optimizer %.1f %%, threads: %u\n", epoch,
                report.loss, reached.loss / test_size, accuracy, report.seconds, 100 * report.optimizer_seconds / report.seconds,
                report.threads);
    std::fflush(stdout);
  }
  std::printf("hash of parameters and accumulators (64-bit FNV-1a): %016llx\n", static_cast<unsigned long long>(work.hash()));
  return {describe(dim), accuracy, total.seconds / chosen.epochs, 100 * total.optimizer_seconds / total.seconds};
}

row train(const options& chosen, const corpus& texts, std::size_t dim) {
  const double learning_rate = chosen.learning_rate.value_or(dim == 0 ? 3 : 0.2);
  const std::string by = chosen.reference ? "scalar reference" : "instruction set " + std::string(adagrad::instruction_set());
  std::printf("\n%s%s: batch %zu, learning rate %g, seed %llu; optimizer: %s\n", describe(dim).c_str(),
              chosen.rowwise ? ", row-wise accumulators" : "", chosen.batch, learning_rate, static_cast<unsigned long long>(chosen.seed),
              by.c_str());
  if (chosen.reference) {
    reference_optimizer optimizer(learning_rate);
    return train(chosen, texts, dim, optimizer);
  }
  adagrad::optimizer_options settings{.learning_rate = learning_rate};
  if (chosen.threads) {
    settings.how = {.threads = *chosen.threads, .serial_below = 0};  // who asks for threads shall have them, however small the batch
  }
  adagrad::optimizer optimizer(settings);
  return train(chosen, texts, dim, optimizer);
}

void run(const options& chosen) {
  try {
    if (!chosen.isa.empty()) {
      adagrad::force_instruction_set(chosen.isa);
    }
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(std::string("--isa: ") + error.what());
  }
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
  if (std::fflush(stdout) != 0) {
    throw std::runtime_error("the output could not be written: make room on the disk it goes to");
  }
}

}  // namespace
}  // namespace sections

int main(int argc, char** argv) {
  try {
    sections::run(sections::read_options(argc, argv));
    return EXIT_SUCCESS;
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "package_sections: %s\nSee package_sections --help.\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "package_sections: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
