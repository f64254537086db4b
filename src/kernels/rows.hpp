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

// Asks for the line of memory in which an element begins, once a line where lines are at multiples of their length. Into the second cache: it has more
// requests under way than the first, and the first is near enough by then. Measured: 5 to 15 % of the time. Lines are asked for one by one, between
// the vectors of the row that is worked on: requests that come all at once make its own loads wait. Measured: 10 to 25 % from 64 elements.
template <class T, class Arch>
ADAGRAD_INLINE void ask_for_line(const T* row, std::size_t i) {
  constexpr std::size_t line = 64;
  constexpr int second_cache = 2;
  if (vec<T, Arch>::size * sizeof(T) == line || i * sizeof(T) % line == 0) __builtin_prefetch(row + i, 0, second_cache);
}

// What a kernel reads of the rows it was given is copied first: read through references, it would be read again after every store, and such loads
// wait for earlier stores at the same place of other pages. For the same reason vectors are stored four by four. Measured: up to 35 % of the time.
template <class T>
struct rows_to_do {
  const row<T>* rows;
  std::size_t count, known, width, ahead;
  explicit rows_to_do(const row_run<T>& run) : rows(run.rows), count(run.count), known(run.known), width(run.width), ahead(run.ahead) {}
  // The row that comes so many rows later, to be asked for while row k is worked on; at the end of a queue that row itself.
  ADAGRAD_INLINE const row<T>& later(std::size_t k, std::size_t by) const { return rows[k + by < known ? k + by : k]; }
};

template <dense_rule Rule, class T, class Arch>
void update_each_row(const row_run<T>& given, const dense_step<T>& step) {
  using V = vec<T, Arch>;
  constexpr std::size_t L = V::size;
  const dense_constants<T, Arch> c(step);
  const rows_to_do<T> run(given);
  const std::size_t width = run.width;
  for (std::size_t k = 0; k < run.count; ++k) {
    const T* const next_w = run.later(k, run.ahead).parameters;
    const T* const next_G = run.later(k, run.ahead).accumulators;
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
    const auto ask = [&](std::size_t i) {
      ask_for_line<T, Arch>(next_w, i);
      ask_for_line<T, Arch>(next_G, i);
    };
    std::size_t i = 0;
    const auto together = [&]<std::size_t N>() {
      V parameters[N], accumulators[N];
      for (std::size_t v = 0; v < N; ++v) {
        ask(i + v * L);
        parameters[v] = V::load_unaligned(w + i + v * L);
        accumulators[v] = V::load_unaligned(G + i + v * L);
        one(parameters[v], accumulators[v], V::load_unaligned(g + i + v * L));
      }
      for (std::size_t v = 0; v < N; ++v) {
        accumulators[v].store_unaligned(G + i + v * L);
        parameters[v].store_unaligned(w + i + v * L);
      }
    };
    for (; width - i >= 4 * L; i += 4 * L) together.template operator()<4>();
    for (; width - i >= L; i += L) together.template operator()<1>();
    if (const std::size_t rest = width - i; rest > 0) {
      ask(i);
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

// w + (-(learning_rate * (g * factor)) / H), H above 0 or NaN. `beside` is called with the first element of each vector.
template <class T, class Arch, class Beside>
ADAGRAD_INLINE void move_by(T* w, const T* g, T factor, std::size_t n, T learning_rate, T denominator, const Beside& beside) {
  using V = vec<T, Arch>;
  const V f(factor), rate(-learning_rate), H(denominator);
  std::size_t i = 0;
  each_vector<T, Arch>(w, g, n, [&](V parameter, V gradient) {
    beside(i);
    i += V::size;
    return parameter + quotient(rate * (gradient * f), H);
  });
}

template <class T, class Arch>
void move_together(T* w, const T* g, std::size_t n, T learning_rate, T denominator) noexcept {
  if (denominator != 0) move_by<T, Arch>(w, g, T(1), n, learning_rate, denominator, [](std::size_t) {});
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

// The denominators of a block of rows first, then their moves: a processor looks ahead over one kind of work at a time, and waits less. Gradients of
// the rows to come are asked for too, for the squares would wait for them. Measured: 10 to 30 % of the time.
template <class T, class Arch>
void update_rows_together(const row_run<T>& given, const dense_step<T>& step, std::size_t* done) noexcept {
  constexpr std::size_t block = 16;
  const rows_to_do<T> run(given);
  const std::size_t width = run.width;
  alignas(64) T scaled[longest_together];
  T denominators[block];
  const T* last_gradients = nullptr;
  T last_factor = 0, mean = 0;
  const bool exact = (width & (width - 1)) == 0;  // then the product with the reciprocal is the quotient
  const double reciprocal = 1 / static_cast<double>(width);
  std::size_t first = 0, k = 0;
  for (bool in_range = true; in_range && k < run.count; first = k) {
    for (; k < run.count && k - first < block; ++k) {
      const row<T>& r = run.rows[k];
      ask_for_line<T, Arch>(run.later(k, run.ahead).accumulators, 0);
      if (r.gradients != last_gradients || r.factor != last_factor) {  // the rows of a bag share theirs
        if (r.factor != 1) scale<T, Arch>(scaled, r.gradients, width, r.factor);
        const double sum = squares_of_row<T, Arch>(r.factor != 1 ? scaled : r.gradients, width);
        in_range = sizeof(T) < sizeof(double) || !is_out_of_range(sum);
        if (!in_range) break;
        mean = static_cast<T>(exact ? sum * reciprocal : sum / static_cast<double>(width));
        last_gradients = r.gradients;
        last_factor = r.factor;
      }
      const T old = *r.accumulators, accumulator = old + mean, used = step.root_before_gradient ? old : accumulator;
      denominators[k - first] = step.epsilon_inside_root ? root(used + step.epsilon) : root(used) + step.epsilon;
      *r.accumulators = accumulator;
    }
    for (std::size_t j = first; j < k; ++j) {
      const row<T>& r = run.rows[j];
      const T* const next_w = run.later(j, run.ahead).parameters;
      const T* const next_g = run.later(j, block < run.ahead ? block : run.ahead).gradients;
      const T H = denominators[j - first];
      if (H == 0) continue;
      move_by<T, Arch>(r.parameters, r.gradients, r.factor, width, step.learning_rate, H, [=](std::size_t i) {
        ask_for_line<T, Arch>(next_w, i);
        ask_for_line<T, Arch>(next_g, i);
      });
    }
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
