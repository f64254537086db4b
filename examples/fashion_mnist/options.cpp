#include "options.hpp"

#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "support/arguments.hpp"

namespace fashion {
namespace {

using namespace example::arguments;

constexpr char help[] = R"(usage: fashion_mnist [option...]

Trains a network on Fashion-MNIST with Adagrad, and prints loss, accuracy, the time that the optimizer took,
and a hash of the final parameters and accumulators: runs that differ only in --reference, --isa or --threads
print the same hash.

  --model NAME          mlp: 784-256-128-10 with ReLU; softmax: softmax regression (mlp)
  --data FOLDER         where the four .gz files lie (/usr/share/datasets/fashion-mnist)
  --epochs N            passes over the training images (10)
  --batch N             images a step (128)
  --learning-rate RATE  base learning rate (mlp: 0.01, softmax: 0.05)
  --decay DECAY         the rate of a step is RATE * (1 / (1 + DECAY * steps finished before)) (1e-6)
  --seed N              other initial weights (mlp) and another order of the images (2, which is typical: seeds 1
                        to 12 gave accuracies from 0.8778 to 0.8828 with mlp, 0.8416 to 0.8453 with softmax)
  --threads N           threads of the optimizer, however small the model (as the library chooses)
  --isa NAME            instruction set of the optimizer, for example avx2 (the best this machine has)
  --reference           the scalar reference in place of the optimizer
  --subset N            only the first N training images (all)
  --help                this text
)";

const model& read_model(std::string_view text) {
  std::string names;
  for (const model& each : models) {
    if (text == each.name) {
      return each;
    }
    names += (names.empty() ? "" : " or ") + std::string(each.name);
  }
  refuse("model", text, names);
}

}  // namespace

options read_options(int argc, char** argv) {
  enum { model = 1, data, epochs, batch, learning_rate, decay, seed, threads, isa, reference, subset, show_help };
  static constexpr option known[] = {
      {"model", required_argument, nullptr, model},
      {"data", required_argument, nullptr, data},
      {"epochs", required_argument, nullptr, epochs},
      {"batch", required_argument, nullptr, batch},
      {"learning-rate", required_argument, nullptr, learning_rate},
      {"decay", required_argument, nullptr, decay},
      {"seed", required_argument, nullptr, seed},
      {"threads", required_argument, nullptr, threads},
      {"isa", required_argument, nullptr, isa},
      {"reference", no_argument, nullptr, reference},
      {"subset", required_argument, nullptr, subset},
      {"help", no_argument, nullptr, show_help},
      {nullptr, 0, nullptr, 0},
  };

  options chosen;
  std::optional<double> given_rate;
  opterr = 0;  // the messages are ours
  for (;;) {
    const int found = getopt_long(argc, argv, ":", known, nullptr);
    switch (found) {
      case -1:
        if (optind < argc) {
          throw std::invalid_argument(std::string("'") + argv[optind] + "' is not an option");
        }
        if (chosen.reference && (chosen.threads || !chosen.isa.empty())) {
          throw std::invalid_argument("--reference is scalar and has one thread: leave out --isa and --threads");
        }
        chosen.learning_rate = given_rate.value_or(chosen.model.learning_rate);
        return chosen;
      case model: chosen.model = read_model(optarg); break;
      case data: chosen.data = optarg; break;
      case epochs: chosen.epochs = read_count("epochs", optarg, 100'000); break;
      case batch: chosen.batch = read_count("batch", optarg, 100'000); break;
      case learning_rate: given_rate = read_rate("learning-rate", optarg); break;
      case decay: chosen.decay = read_rate("decay", optarg); break;
      case seed:
        if (!parse(optarg, chosen.seed)) {
          refuse("seed", optarg, "a whole number from 0 to 18446744073709551615");
        }
        break;
      case threads: chosen.threads = read_count("threads", optarg, 4096); break;
      case isa: chosen.isa = optarg; break;
      case reference: chosen.reference = true; break;
      case subset: chosen.subset = read_count("subset", optarg, 1'000'000); break;
      case show_help: std::fputs(help, stdout); std::exit(std::fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
      case ':': throw std::invalid_argument(std::string(argv[optind - 1]) + " needs a value");
      default: throw std::invalid_argument(std::string("'") + argv[optind - 1] + "' is not an option, or not a clear one");
    }
  }
}

}  // namespace fashion
