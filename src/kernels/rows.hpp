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

// Of long rows only the beginning is asked for: the hardware sees by then where the rest lies.
constexpr std::size_t longest_prefetch = 1024;

// Into the second cache: it has more requests under way than the first, and the first is near enough by then. Measured: up to 15 % of the time.
constexpr int second_cache = 2;

// Asks for a row that comes next, with so many accumulators.
template <class T>
ADAGRAD_INLINE void prefetch_row(const row_run<T>& run, std::size_t k, std::size_t accumulators) {
  if (k + run.ahead >= run.known) return;
  const row<T>& next = run.rows[k + run.ahead];
  const auto ask = [](const T* from, std::size_t elements) {
    const char* const begin = reinterpret_cast<const char*>(from);
    const std::size_t bytes = elements * sizeof(T) < longest_prefetch ? elements * sizeof(T) : longest_prefetch;
    for (std::size_t line = 0; line < bytes; line += 64) __builtin_prefetch(begin + line, 0, second_cache);
  };
  ask(next.parameters, run.width);
  ask(next.accumulators, accumulators);
  if (accumulators == 1) ask(next.gradients, run.width);  // their squares are wanted first, and wait for them otherwise
}

template <dense_rule Rule, class T, class Arch>
void update_each_row(const row_run<T>& run, const dense_step<T>& step) {
  using V = vec<T, Arch>;
  constexpr std::size_t L = V::size, N = 4;
  const dense_constants<T, Arch> c(step);
  for (std::size_t k = 0; k < run.count; ++k) {
    prefetch_row(run, k, run.width);
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

// The sum of the squares of at most one tile, in the order of add_squares, its lanes added. Whole blocks of lanes stay in registers.
template <class T, class Arch>
ADAGRAD_INLINE double squares_of_row(const T* x, std::size_t n) {
  if (n % norm_lanes != 0) {
    double lanes[norm_lanes] = {};
    add_squares<T, Arch>(x, n, lanes);
    for (std::size_t half = norm_lanes / 2; half > 0; half /= 2)
      for (std::size_t l = 0; l < half; ++l) lanes[l] = lanes[l] + lanes[l + half];
    return lanes[0];
  }
  using D = vec<double, Arch>;
  constexpr std::size_t L = D::size, vectors = norm_lanes / L;
  D sums[vectors];
  for (std::size_t v = 0; v < vectors; ++v) sums[v] = D(0.0);
  for (std::size_t i = 0; i < n; i += norm_lanes)
    for (std::size_t v = 0; v < vectors; ++v) {
      const D value = to_doubles(x + i + v * L, Arch{});
      if constexpr (traits<Arch>::fuses && sizeof(T) == sizeof(float))
        sums[v] = mul_add(value, value, sums[v]);  // the square of a float is exact
      else square_into<Arch>(sums[v], value);
    }
  for (std::size_t half = vectors / 2; half > 0; half /= 2)
    for (std::size_t v = 0; v < half; ++v) sums[v] = sums[v] + sums[v + half];
  return sum_of_vector<Arch>(sums[0]);
}

// The denominator of a row is formed while the one before it moves: neither waits for the other.
template <class T, class Arch>
void update_rows_together(const row_run<T>& run, const dense_step<T>& step, std::size_t* done) noexcept {
  alignas(64) T scaled[2][longest_together];
  const T *last_gradients = nullptr, *g = nullptr, *g_before = nullptr;
  T last_factor = 0, mean = 0, H_before = 0;
  const bool exact = (run.width & (run.width - 1)) == 0;  // then the product with the reciprocal is the quotient
  const double reciprocal = 1 / static_cast<double>(run.width);
  unsigned buffer = 0;
  std::size_t k = 0;
  for (; k < run.count; ++k) {
    prefetch_row(run, k, 1);
    const row<T>& r = run.rows[k];
    if (r.gradients != last_gradients || r.factor != last_factor) {  // the rows of a bag share theirs
      const T* next = r.gradients;
      if (r.factor != 1) {
        buffer ^= 1;
        scale<T, Arch>(scaled[buffer], next, run.width, r.factor);
        next = scaled[buffer];
      }
      const double sum = squares_of_row<T, Arch>(next, run.width);
      if (sizeof(T) == sizeof(double) && is_out_of_range(sum)) break;
      g = next;
      mean = static_cast<T>(exact ? sum * reciprocal : sum / static_cast<double>(run.width));
      last_gradients = r.gradients;
      last_factor = r.factor;
    }
    const T old = *r.accumulators, accumulator = old + mean, used = step.root_before_gradient ? old : accumulator;
    const T H = step.epsilon_inside_root ? root(used + step.epsilon) : root(used) + step.epsilon;
    *r.accumulators = accumulator;
    if (H_before != 0) move_by<T, Arch>(run.rows[k - 1].parameters, g_before, run.width, step.learning_rate, H_before);
    H_before = H;
    g_before = g;
  }
  if (H_before != 0) move_by<T, Arch>(run.rows[k - 1].parameters, g_before, run.width, step.learning_rate, H_before);
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
