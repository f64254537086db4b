// Updates of single rows of a table, and what becomes of one row as a whole. Rows lie anywhere in memory: while one is worked on, those that come
// next are asked for. The hardware's roots are quick enough here, and their short code keeps more loads in flight.
#pragma once

#include "kernels/dense.hpp"
#include "kernels/each_vector.hpp"
#include "kernels/inspect.hpp"
#include "kernels/proximal.hpp"
#include "kernels/step.hpp"

namespace adagrad::kernels {
namespace {

// How far ahead rows are asked for: so many bytes of each stream, measured, but no fewer rows than one.
constexpr std::size_t rows_ahead_bytes = 2048;
// Of long rows only the beginning: the hardware sees by then where the rest lies.
constexpr std::size_t longest_prefetch = 1024;

// Asks for the rows that come next.
template <class T>
class row_prefetch {
 public:
  row_prefetch(const row_run<T>& run, std::size_t accumulators)
      : run_(run),
        ahead_(std::size_t(1) + rows_ahead_bytes / (run.width * sizeof(T))),
        row_bytes_(bytes_of(run.width)),
        accumulator_bytes_(bytes_of(accumulators)) {}

  ADAGRAD_INLINE void operator()(std::size_t k) const {
    if (k + ahead_ >= run_.known) return;
    const row<T>& next = run_.rows[k + ahead_];
    ask(next.parameters, row_bytes_);
    ask(next.accumulators, accumulator_bytes_);
    ask(next.gradients, row_bytes_);
  }

 private:
  static std::size_t bytes_of(std::size_t elements) {
    return elements * sizeof(T) < longest_prefetch ? elements * sizeof(T) : longest_prefetch;
  }
  ADAGRAD_INLINE static void ask(const T* from, std::size_t bytes) {
    const char* const begin = reinterpret_cast<const char*>(from);
    for (std::size_t line = 0; line < bytes; line += 64) __builtin_prefetch(begin + line);
    __builtin_prefetch(begin + bytes - 1);
  }

  const row_run<T>& run_;
  std::size_t ahead_, row_bytes_, accumulator_bytes_;
};

template <dense_rule Rule, class T, class Arch>
void update_each_row(const row_run<T>& run, const dense_step<T>& step) {
  using V = vec<T, Arch>;
  constexpr std::size_t L = V::size, N = 4;
  const dense_constants<T, Arch> c(step);
  const row_prefetch<T> prefetch(run, run.width);
  for (std::size_t k = 0; k < run.count; ++k) {
    prefetch(k);
    T* const w = run.rows[k].parameters;
    T* const G = run.rows[k].accumulators;
    const T* const g = run.rows[k].gradients;
    const V factor(run.rows[k].factor);
    const auto one = [&](V& parameter, V& accumulator, V gradient) {
      gradient = gradient * factor;
      const V old = accumulator;
      accumulator = old + gradient * gradient;
      parameter = parameter + hardware_move<Rule>(radicand<Rule>(old, accumulator, c.epsilon), gradient, c);
    };
    std::size_t i = 0;
    const auto whole = [&](std::size_t at) {
      V parameter = V::load_unaligned(w + at), accumulator = V::load_unaligned(G + at);
      one(parameter, accumulator, V::load_unaligned(g + at));
      accumulator.store_unaligned(G + at);
      parameter.store_unaligned(w + at);
    };
    for (; run.width - i >= N * L; i += N * L)
      for (std::size_t v = 0; v < N; ++v) whole(i + v * L);
    for (; run.width - i >= L; i += L) whole(i);
    if (const std::size_t rest = run.width - i; rest > 0) {
      V parameter = load_first(w + i, rest, Arch{}), accumulator = load_first(G + i, rest, Arch{});
      one(parameter, accumulator, load_first(g + i, rest, Arch{}));
      store_first(G + i, accumulator, rest);
      store_first(w + i, parameter, rest);
    }
  }
}

template <class T, class Arch>
void update_rows(const row_run<T>& run, const dense_step<T>& step) noexcept {
  const auto with = [&]<bool Inside, bool Before>() { update_each_row<dense_rule{true, Inside, Before, true, false}, T, Arch>(run, step); };
  if (step.epsilon_inside_root)
    step.root_before_gradient ? with.template operator()<true, true>() : with.template operator()<true, false>();
  else step.root_before_gradient ? with.template operator()<false, true>() : with.template operator()<false, false>();
}

// w + (-(learning_rate * g) / H), H above 0 or NaN.
template <class T, class Arch>
ADAGRAD_INLINE void move_by(T* w, const T* g, std::size_t n, T learning_rate, T denominator) {
  using V = vec<T, Arch>;
  const V rate(-learning_rate), H(denominator);
  each_vector<T, Arch>(w, g, n, [&](V parameter, V gradient) { return parameter + quotient(rate * gradient, H); });
}

template <class T, class Arch>
void move_together(T* w, const T* g, std::size_t n, T learning_rate, T denominator) noexcept {
  if (denominator != 0) move_by<T, Arch>(w, g, n, learning_rate, denominator);
}

template <class T, class Arch>
void scale(T* scaled, const T* from, std::size_t n, T factor) noexcept {
  using V = vec<T, Arch>;
  const V f(factor);
  each_vector<T, Arch>(scaled, from, n, [&](V, V x) { return x * f; });
}

ADAGRAD_INLINE float root(float x) { return __builtin_sqrtf(x); }
ADAGRAD_INLINE double root(double x) { return __builtin_sqrt(x); }

// The sum of squares of one tile, its lanes added.
template <class T, class Arch>
ADAGRAD_INLINE double squares_of_tile(const T* x, std::size_t n) {
  double lanes[norm_lanes] = {};
  add_squares<T, Arch>(x, n, lanes);
  for (std::size_t half = norm_lanes / 2; half > 0; half /= 2)
    for (std::size_t l = 0; l < half; ++l) lanes[l] = lanes[l] + lanes[l + half];
  return lanes[0];
}

template <class T, class Arch>
void update_rows_together(const row_run<T>& run, const dense_step<T>& step, std::size_t* done) noexcept {
  alignas(64) T scaled[norm_tile];
  const row_prefetch<T> prefetch(run, 1);
  const T* last_gradients = nullptr;
  const T* g = nullptr;
  T last_factor = 0, mean = 0;
  std::size_t k = 0;
  for (; k < run.count; ++k) {
    prefetch(k);
    const row<T>& r = run.rows[k];
    if (r.gradients != last_gradients || r.factor != last_factor) {  // the rows of a bag share theirs
      g = r.gradients;
      if (r.factor != 1) {
        scale<T, Arch>(scaled, g, run.width, r.factor);
        g = scaled;
      }
      const double sum = squares_of_tile<T, Arch>(g, run.width);
      if (sizeof(T) == sizeof(double) && is_out_of_range(sum)) break;
      mean = static_cast<T>(sum / static_cast<double>(run.width));
      last_gradients = r.gradients;
      last_factor = r.factor;
    }
    const T old = *r.accumulators, accumulator = old + mean, used = step.root_before_gradient ? old : accumulator;
    const T H = step.epsilon_inside_root ? root(used + step.epsilon) : root(used) + step.epsilon;
    *r.accumulators = accumulator;
    if (H != 0) move_by<T, Arch>(r.parameters, g, run.width, step.learning_rate, H);
  }
  *done = k;
}

// copysign(max(|w| - threshold, 0), w), then w / divisor; 0 and 1 for none.
template <class T, class Arch>
void soften(T* w, std::size_t n, T threshold, T divisor) noexcept {
  using V = vec<T, Arch>;
  const V t(threshold), d(divisor);
  if (threshold > 0) each_vector<T, Arch>(w, n, [&](V x) { return soft_threshold<T, Arch>(x, t); });
  if (divisor != 1) each_vector<T, Arch>(w, n, [&](V x) { return quotient(x, d); });
}

// values[0] * factors[0] + values[1] * factors[1] + ..., then divided; factors may be null.
template <class T, class Arch>
void combine(T* sum, const T* const* values, const T* factors, std::size_t count, std::size_t n, T divisor) noexcept {
  using V = vec<T, Arch>;
  constexpr std::size_t L = V::size, N = 4;
  const V d(divisor);
  const auto value = [&](std::size_t p, const auto& load) {
    const V x = load(values[p]);
    return factors == nullptr ? x : x * V(factors[p]);
  };
  std::size_t i = 0;
  for (; n - i >= N * L; i += N * L) {
    V sums[N];
    for (std::size_t v = 0; v < N; ++v) sums[v] = value(0, [&](const T* from) { return V::load_unaligned(from + i + v * L); });
    for (std::size_t p = 1; p < count; ++p)
      for (std::size_t v = 0; v < N; ++v) sums[v] = sums[v] + value(p, [&](const T* from) { return V::load_unaligned(from + i + v * L); });
    for (std::size_t v = 0; v < N; ++v) (divisor == 1 ? sums[v] : quotient(sums[v], d)).store_unaligned(sum + i + v * L);
  }
  for (; i < n; i += L) {
    const std::size_t here = n - i < L ? n - i : L;
    const auto load = [&](const T* from) { return here < L ? load_first(from + i, here, Arch{}) : V::load_unaligned(from + i); };
    V total = value(0, load);
    for (std::size_t p = 1; p < count; ++p) total = total + value(p, load);
    if (divisor != 1) total = quotient(total, d);
    here < L ? store_first(sum + i, total, here) : total.store_unaligned(sum + i);
  }
}

}  // namespace
}  // namespace adagrad::kernels
