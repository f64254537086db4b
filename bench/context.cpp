#include "context.hpp"

#include <benchmark/benchmark.h>

#include <fstream>
#include <string>

#include "adagrad/adagrad.hpp"
#include "arrays.hpp"
#include "embedding.hpp"
#include "tensors.hpp"

namespace adagrad::bench {
namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) ? line : "unknown";
}

// AArch64 kernels give no model name.
std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace

void add_context() {
  const auto add = [](const char* key, const std::string& value) { benchmark::AddCustomContext(key, value); };
  add("cpu", cpu_model());
  add("instruction_set", std::string(instruction_set()));
  add("threads", std::to_string(default_threads()));
  add("huge_pages", first_line("/sys/kernel/mm/transparent_hugepage/enabled"));
  add("array_layout", array_layout);
  add("tensor_layout", tensor_layout);
  add("table_layout", table_layout);
  add("library_version", version());
  add("commit", ADAGRAD_BENCH_COMMIT);
  add("compiler", ADAGRAD_BENCH_COMPILER);
  add("build_type", ADAGRAD_BENCH_BUILD_TYPE);
  add("cxx_flags", ADAGRAD_BENCH_CXX_FLAGS);
  add("kernel_flags", ADAGRAD_BENCH_KERNEL_FLAGS);
  add("autovectorized_flags", ADAGRAD_BENCH_AUTOVECTORIZED_FLAGS);
}

}  // namespace adagrad::bench
