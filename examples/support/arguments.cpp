#include "arguments.hpp"

#include <getopt.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace example::arguments {
namespace {

/// The whole text must be the number: "10x" is a mistake, not 10.
template <class Number>
bool parse(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc{} && result.ptr == end;
}

}  // namespace

void refuse(const char* option, std::string_view value, const std::string& allowed) {
  throw std::invalid_argument(std::string("--") + option + ": '" + std::string(value) + "' is not " + allowed);
}

unsigned read_count(const char* option, std::string_view text, unsigned largest) {
  unsigned count = 0;
  if (!parse(text, count) || count == 0 || count > largest) {
    refuse(option, text, "a whole number from 1 to " + std::to_string(largest));
  }
  return count;
}

std::uint64_t read_seed(const char* option, std::string_view text) {
  std::uint64_t seed = 0;
  if (!parse(text, seed)) {
    refuse(option, text, "a whole number from 0 to 18446744073709551615");
  }
  return seed;
}

double read_rate(const char* option, std::string_view text) {
  double rate = 0;
  if (!parse(text, rate) || !std::isfinite(rate) || rate < 0) {
    refuse(option, text, "a number, 0 or greater, such as 0.05 or 1e-6");
  }
  return rate;
}

void read(int argc, char** argv, const char* help, const std::vector<argument>& known) {
  enum { show_help = 1, first = 256 };  // above all characters, two of which getopt_long returns for mistakes
  std::vector<option> options{{"help", no_argument, nullptr, show_help}};
  for (const argument& each : known) {
    options.push_back({each.name, each.has_value ? required_argument : no_argument, nullptr, first + static_cast<int>(options.size()) - 1});
  }
  options.push_back({nullptr, 0, nullptr, 0});
  opterr = 0;  // the messages are ours
  for (;;) {
    const int found = getopt_long(argc, argv, ":", options.data(), nullptr);
    switch (found) {
      case -1:
        if (optind < argc) {
          throw std::invalid_argument(std::string("'") + argv[optind] + "' is not an option");
        }
        return;
      case show_help: std::fputs(help, stdout); std::exit(std::fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
      case ':': throw std::invalid_argument(std::string(argv[optind - 1]) + " needs a value");
      case '?': throw std::invalid_argument(std::string("'") + argv[optind - 1] + "' is not an option, or not a clear one");
      default: known[static_cast<std::size_t>(found - first)].take(optarg);
    }
  }
}

}  // namespace example::arguments
