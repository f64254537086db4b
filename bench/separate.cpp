// What surrounds a step in a trainer that sweeps over its arrays once for each option: plain loops, left to the compiler's vectoriser. Compiled
// once for each instruction set; the table is the only symbol.
#include "tables.hpp"

#define ADAGRAD_JOIN_(a, b) a##b
#define ADAGRAD_JOIN(a, b) ADAGRAD_JOIN_(a, b)

namespace adagrad::bench {
namespace {

void scale(float* g, std::size_t n, float by) noexcept {
  for (std::size_t i = 0; i < n; ++i) g[i] *= by;
}
void clip(float* g, std::size_t n, float to) noexcept {
  for (std::size_t i = 0; i < n; ++i) g[i] = g[i] < -to ? -to : g[i] > to ? to : g[i];
}
void decay(float* g, const float* w, std::size_t n, float by) noexcept {
  for (std::size_t i = 0; i < n; ++i) g[i] += by * w[i];
}
void non_negative(float* w, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) w[i] = w[i] >= 0 ? w[i] : w[i] * 0;
}
void zero(float* g, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) g[i] = 0;
}

}  // namespace

extern const separate_table ADAGRAD_JOIN(separate_, ADAGRAD_ISA_NAME);
const separate_table ADAGRAD_JOIN(separate_, ADAGRAD_ISA_NAME) = {scale, clip, decay, non_negative, zero};

}  // namespace adagrad::bench
