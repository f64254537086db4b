#include "bench_traffic.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "arrays.hpp"
#include "comparison.hpp"
#include "parts.hpp"

namespace adagrad::bench {
namespace {

template <class T>
unsigned run_traffic(traffic_sweep<T> sweep, const arrays<T>& a, unsigned threads) {
  return in_parts(a.parameters.size(), threads, [&](std::size_t begin, std::size_t end) {
    sweep(a.parameters.data() + begin, a.gradients.data() + begin, a.accumulators.data() + begin, end - begin);
  });
}

// The best time of each form of the traffic sweep, in seconds for one pass. A row keeps it over its repetitions, so that one
// disturbed moment does not settle the choice.
struct form_times {
  std::array<double, traffic_forms> best;
  form_times() { best.fill(std::numeric_limits<double>::infinity()); }

  template <class T>
  std::size_t fastest(const traffic_sweep<T>* forms, const arrays<T>& a, unsigned threads) {
    const std::size_t count = a.parameters.size(), passes = std::max<std::size_t>(1, 1'000'000 / count);
    const int rounds = count < 10'000'000 ? 5 : 1;
    for (int round = 0; round < rounds; ++round)
      for (std::size_t form = 0; form < traffic_forms; ++form) {
        const auto start = clock::now();
        for (std::size_t pass = 0; pass < passes; ++pass) run_traffic(forms[form], a, threads);
        const std::chrono::duration<double> elapsed = clock::now() - start;
        best[form] = std::min(best[form], elapsed.count() / static_cast<double>(passes));
      }
    return static_cast<std::size_t>(std::min_element(best.begin(), best.end()) - best.begin());
  }
};

}  // namespace

template <class T>
void add_traffic(std::string_view isa, row_size size) {
  const traffic_sweep<T>* forms;
  if constexpr (std::is_same_v<T, float>) forms = compared_with(isa).traffic.f32;
  else forms = compared_with(isa).traffic.f64;
  add_row<T>("traffic", "plain", isa, size, [=, times = form_times()](benchmark::State& state) mutable {
    const arrays<T> a = fresh_arrays<T>(size.count, size.threads);
    const std::size_t form = times.fastest(forms, a, size.threads);
    measure<T>(state, size, [&] { return run_traffic(forms[form], a, size.threads); });
    state.SetLabel(traffic_form_names[form]);
  });
}

template void add_traffic<float>(std::string_view, row_size);
template void add_traffic<double>(std::string_view, row_size);

}  // namespace adagrad::bench
