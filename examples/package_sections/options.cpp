#include "options.hpp"

#include <stdexcept>
#include <string_view>

#include "support/arguments.hpp"

namespace sections {
namespace {

using namespace example::arguments;

constexpr char help[] = R"(usage: package_sections [option...]

Learns from their descriptions to tell Debian's packages' sections: the mean of the embeddings of a description's
words, then the softmax. Prints loss, accuracy, the time that the optimizer took, and a hash of the final parameters
and accumulators: runs that differ only in --reference, --isa or --threads print the same hash.

  --index FILE          the packages, from examples/package_sections/fetch.py (build/package_sections/packages)
  --dim N               length of an embedding; 0: a word has one weight for each section, and the mean is the
                        output. More than once: one model after the other (0, then 32)
  --epochs N            passes over the training texts (5)
  --batch N             texts a step (128)
  --learning-rate RATE  learning rate (with --dim 0: 3, for the mean of many weights must be large; otherwise 0.2)
  --rowwise             one accumulator for a word in place of one for each element
  --seed N              other initial parameters (not of --dim 0) and another order of the texts (1)
  --threads N           threads of the optimizer, however small the batch (as the library chooses)
  --isa NAME            instruction set of the optimizer, for example avx2 (the best this machine has)
  --reference           the scalar reference in place of the optimizer
  --limit N             only N training texts (all)
  --save FILE           writes a checkpoint after each epoch, and when Ctrl-C is pressed
  --resume FILE         goes on from a checkpoint: the same command, the same result as without the stop
  --help                this text
)";

}  // namespace

options read_options(int argc, char** argv) {
  options chosen;
  example::read_options(
      argc, argv, help, chosen.training,
      {
          {"index", [&](const char* text) { chosen.index = text; }},
          {"dim", [&](const char* text) { chosen.dims.push_back(std::string_view(text) == "0" ? 0 : read_count("dim", text, 4096)); }},
          {"rowwise", [&](const char*) { chosen.rowwise = true; }, false},
          {"limit", [&](const char* text) { chosen.limit = read_count("limit", text, 1'000'000'000); }},
      });
  if (chosen.dims.size() != 1 && !(chosen.training.save.empty() && chosen.training.resume.empty())) {
    throw std::invalid_argument("--save and --resume are of one model: choose it with --dim");
  }
  if (chosen.dims.empty()) {
    chosen.dims = {0, 32};
  }
  return chosen;
}

}  // namespace sections
