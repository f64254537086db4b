#include "options.hpp"

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
  --save FILE           writes a checkpoint after each epoch, and when Ctrl-C is pressed
  --resume FILE         goes on from a checkpoint: the same command, the same result as without the stop
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
  options chosen;
  example::read_options(argc, argv, help, chosen.training,
                        {
                            {"model", [&](const char* text) { chosen.model = read_model(text); }},
                            {"data", [&](const char* text) { chosen.data = text; }},
                            {"decay", [&](const char* text) { chosen.decay = read_rate("decay", text); }},
                            {"subset", [&](const char* text) { chosen.subset = read_count("subset", text, 1'000'000); }},
                        });
  return chosen;
}

}  // namespace fashion
