#include "verify/options.hpp"

#include <getopt.h>

#include <charconv>
#include <cstdio>
#include <cstring>

namespace adagrad::verify {

const char* const help_text =
    "Usage: adagrad_verify [options]\n"
    "\n"
    "Checks on this machine that every instruction set gives the bits of the scalar reference, that fast\n"
    "arithmetic stays within its bound, and that scripted runs end in the state they end in everywhere.\n"
    "\n"
    "  --hash-only    only the scripted runs\n"
    "  --isa NAME     only this instruction set\n"
    "  --threads N    with N threads (1 to 4096) instead of 1, 2 and 3\n"
    "  --list         print the scripts and their constants\n"
    "  --quiet        print nothing but failures\n"
    "  --help         print this\n"
    "\n"
    "On a machine that is busy with other work, OMP_WAIT_POLICY=passive in the environment makes it much faster.\n"
    "Exit status: 0 all is well, 1 a difference was found, 2 bad usage.\n";

std::optional<settings> parse(int argc, char** argv) {
  static const option known[] = {{"hash-only", no_argument, nullptr, 'o'},
                                 {"isa", required_argument, nullptr, 'i'},
                                 {"threads", required_argument, nullptr, 't'},
                                 {"list", no_argument, nullptr, 'l'},
                                 {"quiet", no_argument, nullptr, 'q'},
                                 {"help", no_argument, nullptr, 'h'},
                                 {nullptr, 0, nullptr, 0}};
  settings s;
  for (int letter; (letter = getopt_long(argc, argv, "h", known, nullptr)) != -1;) {
    switch (letter) {
      case 'o': s.hash_only = true; break;
      case 'i': s.instruction_set = optarg; break;
      case 'l': s.list = true; break;
      case 'q': s.quiet = true; break;
      case 'h': s.help = true; break;
      case 't': {
        const char* const end = optarg + std::strlen(optarg);
        const auto [stop, error] = std::from_chars(optarg, end, s.threads);
        if (error == std::errc{} && stop == end && s.threads >= 1 && s.threads <= 4096) break;
        std::fprintf(stderr, "adagrad_verify: --threads is \"%s\"; it must be a number from 1 to 4096\n", optarg);
        return {};
      }
      default: std::fputs("adagrad_verify --help lists the options\n", stderr); return {};
    }
  }
  if (optind == argc) return s;
  std::fprintf(stderr, "adagrad_verify: \"%s\" is not an option; adagrad_verify --help lists them\n", argv[optind]);
  return {};
}

}  // namespace adagrad::verify
