// The two tables of adagrad_verify. Each fills row by row, while the work is being done.
#pragma once

#include <string>
#include <vector>

namespace adagrad::verify {

// What is to be checked.
struct plan {
  std::vector<std::string> instruction_sets;  // available ones
  std::vector<std::string> not_available;     // named in the tables
  std::vector<unsigned> thread_counts;
  bool quiet;
};

// Both run their part, print it and return whether all was well; failures are printed even when quiet.
bool report_comparisons(const plan& p);
bool report_scripts(const plan& p);

}  // namespace adagrad::verify
