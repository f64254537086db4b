#include "comparison.hpp"

#include <algorithm>
#include <iterator>

#if defined(__x86_64__)
#define ADAGRAD_ISA_X86(name, type, flags, condition) ADAGRAD_ISA_ENTRY(name)
#elif defined(__aarch64__)
#define ADAGRAD_ISA_ARM(name, type, flags, condition) ADAGRAD_ISA_ENTRY(name)
#endif

namespace adagrad::bench {
#define ADAGRAD_ISA_ENTRY(name)                            \
  extern const traffic_table traffic_##name;               \
  extern const row_traffic_table row_traffic_##name;       \
  extern const autovectorized_table autovectorized_##name; \
  extern const separate_table separate_##name;
#include "isa/isa.def"
#undef ADAGRAD_ISA_ENTRY

const comparison& compared_with(std::string_view isa) {
  static const comparison all[] = {
#define ADAGRAD_ISA_ENTRY(name) {#name, traffic_##name, row_traffic_##name, autovectorized_##name, separate_##name},
#include "isa/isa.def"
#undef ADAGRAD_ISA_ENTRY
  };
  return *std::find_if(std::begin(all), std::end(all), [&](const comparison& c) { return c.isa == isa; });
}

}  // namespace adagrad::bench
