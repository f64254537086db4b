#include "options.hpp"

#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

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
  --help                this text
)";

}  // namespace

options read_options(int argc, char** argv) {
  enum { index = 1, dim, epochs, batch, learning_rate, rowwise, seed, threads, isa, reference, limit, show_help };
  static constexpr option known[] = {
      {"index", required_argument, nullptr, index},
      {"dim", required_argument, nullptr, dim},
      {"epochs", required_argument, nullptr, epochs},
      {"batch", required_argument, nullptr, batch},
      {"learning-rate", required_argument, nullptr, learning_rate},
      {"rowwise", no_argument, nullptr, rowwise},
      {"seed", required_argument, nullptr, seed},
      {"threads", required_argument, nullptr, threads},
      {"isa", required_argument, nullptr, isa},
      {"reference", no_argument, nullptr, reference},
      {"limit", required_argument, nullptr, limit},
      {"help", no_argument, nullptr, show_help},
      {nullptr, 0, nullptr, 0},
  };

  options chosen;
  opterr = 0;  // the messages are ours
  for (;;) {
    switch (getopt_long(argc, argv, ":", known, nullptr)) {
      case -1:
        if (optind < argc) {
          throw std::invalid_argument(std::string("'") + argv[optind] + "' is not an option");
        }
        if (chosen.reference && (chosen.threads || !chosen.isa.empty())) {
          throw std::invalid_argument("--reference is scalar and has one thread: leave out --isa and --threads");
        }
        if (chosen.dims.empty()) {
          chosen.dims = {0, 32};
        }
        return chosen;
      case index: chosen.index = optarg; break;
      case dim: chosen.dims.push_back(std::string_view(optarg) == "0" ? 0 : read_count("dim", optarg, 4096)); break;
      case epochs: chosen.epochs = read_count("epochs", optarg, 100'000); break;
      case batch: chosen.batch = read_count("batch", optarg, 100'000); break;
      case learning_rate: chosen.learning_rate = read_rate("learning-rate", optarg); break;
      case rowwise: chosen.rowwise = true; break;
      case seed:
        if (!parse(optarg, chosen.seed)) {
          refuse("seed", optarg, "a whole number from 0 to 18446744073709551615");
        }
        break;
      case threads: chosen.threads = read_count("threads", optarg, 4096); break;
      case isa: chosen.isa = optarg; break;
      case reference: chosen.reference = true; break;
      case limit: chosen.limit = read_count("limit", optarg, 1'000'000'000); break;
      case show_help: std::fputs(help, stdout); std::exit(std::fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
      case ':': throw std::invalid_argument(std::string(argv[optind - 1]) + " needs a value");
      default: throw std::invalid_argument(std::string("'") + argv[optind - 1] + "' is not an option, or not a clear one");
    }
  }
}

}  // namespace sections
