#include "verify/report.hpp"

#include <cstdint>
#include <cstdio>
#include <span>

#include "adagrad/isa.hpp"
#include "verify/compare.hpp"
#include "verify/scripts.hpp"

namespace adagrad::verify {
namespace {

std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

const char* verdict(bool good) { return good ? "OK" : "FAILED"; }

template <class T>
bool comparison_row(const plan& p, const std::string& isa) {
  const char* const type = sizeof(T) == 4 ? "f32" : "f64";
  const outcome o = compare_with_reference<T>(p.thread_counts);
  if (p.quiet && o.good()) return true;
  const std::string ulp = grouped(o.largest_ulp) + " of " + grouped(fast_bound<T>);
  std::printf("%-16s %-4s %12s %17s %15s   %s\n", isa.c_str(), type, grouped(o.elements).c_str(), grouped(o.differing).c_str(), ulp.c_str(),
              verdict(o.good()));
  if (o.broken > 0) std::printf("  %s updates break a promise of fast arithmetic\n", grouped(o.broken).c_str());
  if (!o.good()) std::printf("  first failure: %s %s %s\n", isa.c_str(), type, o.first_failure.c_str());
  std::fflush(stdout);
  return o.good();
}

// One row for all thread counts, or for the first that is wrong.
bool script_row(const plan& p, const script& s, const std::string& who, std::span<const unsigned> thread_counts) {
  std::string threads, hash;
  bool good = true;
  for (const unsigned count : thread_counts) {
    const std::string number = count == 0 ? "-" : std::to_string(count);
    hash = s.run({count});
    good = hash == s.expected;
    threads = threads.empty() || !good ? number : threads + ", " + number;
    if (!good) break;
  }
  if (p.quiet && good) return true;
  std::printf("%-9s %-16s %-8s %s  %s\n", s.name, who.c_str(), threads.c_str(), hash.c_str(), verdict(good));
  if (!good) std::printf("%-35s %s  expected\n", "", s.expected);
  std::fflush(stdout);
  return good;
}

}  // namespace

bool report_comparisons(const plan& p) {
  if (!p.quiet)
    std::puts(
        "Against the scalar reference (4 rules, 3 epsilons, zeros to NaN, 16 sizes, 4 offsets, 3 steps):\n"
        "instruction set  type      updates  exact: differing   fast: max ulp   result");
  bool good = true;
  for (const std::string& isa : p.instruction_sets) {
    force_instruction_set(isa);
    good &= comparison_row<float>(p, isa);
    good &= comparison_row<double>(p, isa);
  }
  if (!p.quiet)
    for (const std::string& isa : p.not_available) std::printf("%-16s not available on this machine\n", isa.c_str());
  return good;
}

bool report_scripts(const plan& p) {
  if (!p.quiet) std::printf("Scripted runs:\nscript    instruction set  threads  %-64s  result\n", "SHA-256 of the final state");
  bool good = true;
  for (const script& s : scripts()) {
    const unsigned reference = 0;
    good &= script_row(p, s, "reference", {&reference, 1});
    for (const std::string& isa : p.instruction_sets) {
      force_instruction_set(isa);
      good &= script_row(p, s, isa, p.thread_counts);
    }
    if (!p.quiet)
      for (const std::string& isa : p.not_available) std::printf("%-9s %-16s not available on this machine\n", s.name, isa.c_str());
  }
  return good;
}

}  // namespace adagrad::verify
