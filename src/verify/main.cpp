// adagrad_verify: shows on the user's own machine that every instruction set gives the promised bits.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "adagrad/isa.hpp"
#include "adagrad/version.hpp"
#include "verify/options.hpp"
#include "verify/report.hpp"
#include "verify/scripts.hpp"

#if defined(__x86_64__)
#define ADAGRAD_ISA_X86(name, type, flags, condition) #name,
constexpr const char* architecture = "x86-64";
#else
#define ADAGRAD_ISA_ARM(name, type, flags, condition) #name,
constexpr const char* architecture = "AArch64";
#endif
#if defined(__clang__)
constexpr const char* compiler = __VERSION__;
#else
constexpr const char* compiler = "GCC " __VERSION__;
#endif

namespace adagrad::verify {
namespace {

constexpr std::string_view instruction_sets_of_build[] = {
#include "isa/isa.def"
};

int run(const settings& s) {
  const auto start = std::chrono::steady_clock::now();
  if (s.help) return std::fputs(help_text, stdout), 0;
  if (s.list) {
    for (const script& each : scripts()) std::printf("%s %s\n", each.name, each.expected);
    return 0;
  }

  const std::string in_use(instruction_set());  // throws when ADAGRAD_ISA names one that cannot be used
  const std::vector<std::string_view> here = available_instruction_sets();
  plan p{{here.begin(), here.end()}, {}, {1, 2, 3}, s.quiet};
  if (s.instruction_set.empty()) {
    for (const std::string_view name : instruction_sets_of_build)
      if (std::find(here.begin(), here.end(), name) == here.end()) p.not_available.emplace_back(name);
  } else {
    force_instruction_set(s.instruction_set);
    p.instruction_sets = {s.instruction_set};
  }
  if (s.threads > 0) p.thread_counts = {s.threads};

  if (!s.quiet) std::printf("adagrad %s, %s, %s; programs on this machine use %s\n\n", version(), architecture, compiler, in_use.c_str());
  bool good = true;
  if (!s.hash_only) {
    good &= report_comparisons(p);
    if (!s.quiet) std::puts("");
  }
  good &= report_scripts(p);
  if (good) {
    if (s.quiet) return 0;
    std::puts("\nAll is well.");
    if (std::chrono::steady_clock::now() - start > std::chrono::seconds(10) && std::getenv("OMP_WAIT_POLICY") == nullptr)
      std::puts("(On a busy machine, OMP_WAIT_POLICY=passive in the environment makes this much faster.)");
    return 0;
  }
  std::printf(
      "\nFAILED: adagrad %s (%s, %s) does not keep its promise on this machine. Please report it with this whole\n"
      "output and the processor's name. Meanwhile, an instruction set without a FAILED row can be forced by the environment\n"
      "variable ADAGRAD_ISA; if `reference` or all rows fail, suspect the compiler flags (-ffast-math, contraction) first.\n",
      version(), architecture, compiler);
  return 1;
}

}  // namespace
}  // namespace adagrad::verify

int main(int argc, char** argv) {
  try {
    const auto settings = adagrad::verify::parse(argc, argv);
    return settings ? adagrad::verify::run(*settings) : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "adagrad_verify: %s\n", error.what());
    return 2;
  }
}
