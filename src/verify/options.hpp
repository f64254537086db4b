// The command line of adagrad_verify.
#pragma once

#include <optional>
#include <string>

namespace adagrad::verify {

struct settings {
  bool help = false, list = false, hash_only = false, quiet = false;
  std::string instruction_set;  // empty: all
  unsigned threads = 0;         // 0: 1, 2 and 3
};

extern const char* const help_text;

// Empty after a mistake, which has then been said on stderr.
std::optional<settings> parse(int argc, char** argv);

}  // namespace adagrad::verify
