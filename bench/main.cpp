// adagrad_bench: Google Benchmark's program with two flags of its own.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>

#include "bench_dense.hpp"
#include "bench_optimizer.hpp"
#include "bench_options.hpp"
#include "bench_rows.hpp"
#include "context.hpp"

namespace {

void print_help() {
  std::fputs(
      "adagrad_bench measures the dense Adagrad update, the optimizer and the update of embedding rows beside this machine's own limits.\n"
      "\n"
      "A row is named <subject>_<type>/<variant>/<instruction set>/<elements>/threads:<n>/real_time; the subjects are\n"
      "  traffic         the memory limit: the same loads and stores with next to no arithmetic (w -= g; G += g), in the fastest of four\n"
      "                  forms, which the row's label names\n"
      "  reference       adagrad::reference::update, the plain scalar loop\n"
      "  autovectorized  that loop, vectorised by the compiler with the row's instruction set\n"
      "  update          adagrad::update, exact or fast arithmetic\n"
      "  optimizer       adagrad::optimizer::step over a list of tensors, which the variant names\n"
      "  updates         what a trainer does without it: a loop of adagrad::update over the same parameters and gradients, one call for "
      "each tensor,\n"
      "                  with accumulators from malloc. A call gives a second thread only what fills two blocks of 1,024 elements; the "
      "row's\n"
      "                  threads are the most that any call had. Where no call can have as many there is no row: threads:1 is all a loop "
      "can do\n"
      "  options         optimizer::step over one tensor with the option or preset that the variant names, beside the plain step (plain). "
      "combined:\n"
      "                  gradient_scale, clip_value, coupled weight_decay, non_negative and zero_gradients at once; combined-in-sweeps: "
      "the same\n"
      "                  as a trainer does it without, a vectorised sweep for each and a plain update. Norm constraints: columns of a "
      "matrix with 1,000\n"
      "and the types are f32 and f64. Rows about embedding tables have <rows>x<width>/<uniform or zipf> in place of <elements>. Their\n"
      "calls take 100,000 indices (uniform: different rows; zipf: exponent 1.05, with repetitions), others in each call. Their subjects:\n"
      "  update_rows     adagrad::update_rows with elementwise or rowwise accumulators and a rule for duplicates: unique, sequential or\n"
      "                  sum; elementwise-interleaved: unique, accumulators beside the weights of their row\n"
      "  traffic_rows    the memory limit: w -= g; G += g over the same rows in the same order (rowwise: G += the row's first g), with\n"
      "                  the prefetch that is fastest, which the row's label names; threads have rows of their own, chosen beforehand\n"
      "  reference_rows  adagrad::reference::update_rows; uniform: unique stands for all rules\n"
      "  update_bags     adagrad::update_rows from the gradients of bags (sums of 20 rows on average), sequential\n"
      "  expanded_bags   what a trainer does without it: a gradient for each index copied into a buffer, then adagrad::update_rows\n"
      "  traffic_bags    the memory limit of update_bags\n"
      "Lists of tensors, each array an allocation of its own:\n"
      "  flat            one tensor; as many elements as another list has, to compare with\n"
      "  flat-huge-pages the same, of updates alone, with accumulators on huge pages, as parameters and gradients of 2 MiB and more always "
      "are\n"
      "  thousand        1,000 tensors of 1,000 elements\n"
      "  resnet-50       161 tensors, 25,557,032 elements: ResNet-50 (arXiv:1512.03385)\n"
      "  bert-base       199 tensors, 109,482,240 elements: bert-base-uncased with pooler (arXiv:1810.04805)\n"
      "  dlrm-mlp        16 tensors, 2,368,897 elements: DLRM (arXiv:1906.00091) without embeddings, widths of MLPerf for Criteo Terabyte\n"
      "\n"
      "ns_per_element is the time for one element, ns_per_step that for one step over all. bytes_per_second counts what a step must move: "
      "three arrays\n"
      "read, two written, 20 bytes an element in f32 and 40 in f64; for tables indices and gradients read, weights\n"
      "and accumulators of every different row read and written. ns_per_row is the time for one index.\n"
      "Below about 1e5 elements the arrays stay in the caches.\n"
      "\n"
      "The program's own flags:\n"
      "  --short  fewer rows: update at 1e4, 1e5 and 1e7 elements; optimizer over 100 and 1e6 elements and bert-base; tables of\n"
      "           4000000x64. Only for the instruction set in use (see the environment variable ADAGRAD_ISA) and the reference\n"
      "  --zeros  other rows instead: update_f32/exact beside exact-half-zeros, where half of the elements never had a gradient (g = G = "
      "0),\n"
      "           and exact-aliased, where the three arrays start at the same address modulo 4096\n"
      "  --help   this text\n"
      "\n"
      "scripts/bench runs all of it group by group, shows how long it will take, and makes a page with pictures. For numbers to publish,\n"
      "let nothing else run and take medians of interleaved repetitions, as it does:\n"
      "  adagrad_bench --short --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true "
      "--benchmark_report_aggregates_only=true\n"
      "\n"
      "(\"Library was built as DEBUG\" is said of Google Benchmark as Debian packs it; build_type is adagrad's.)\n"
      "\n"
      "Google Benchmark's flags:\n",
      stdout);
  benchmark::PrintDefaultHelp();
}

// Takes `flag` out of the arguments; whether it was there.
bool take_flag(int& argc, char** argv, std::string_view flag) {
  char** const end = std::remove_if(argv + 1, argv + argc, [&](const char* argument) { return argument == flag; });
  const bool found = end != argv + argc;
  argc = static_cast<int>(end - argv);
  return found;
}

}  // namespace

int main(int argc, char** argv) try {
  using adagrad::bench::row_set;
  benchmark::Initialize(&argc, argv, print_help);
  const bool brief = take_flag(argc, argv, "--short"), zeros = take_flag(argc, argv, "--zeros");
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  if (brief && zeros) {
    std::fputs("adagrad_bench: --short and --zeros are two selections of rows: give one\n", stderr);
    return 1;
  }
  const row_set rows = zeros ? row_set::zeros : brief ? row_set::brief : row_set::full;
  adagrad::bench::register_dense_rows(rows);
  adagrad::bench::register_optimizer_rows(rows);
  adagrad::bench::register_option_rows(rows);
  adagrad::bench::register_table_rows(rows);
  adagrad::bench::add_context();
  const bool any = benchmark::RunSpecifiedBenchmarks() > 0;
  benchmark::Shutdown();
  return any ? 0 : 1;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
