// The dense step: accumulate, root, divide, move, fused into one sweep that moves 20 bytes per float (read w, g, G; write w, G).
//
// A group of vectors is loaded, the roots and quotients formed, and everything stored. The quick ways to a root give NaN
// where they do not hold (root.hpp); such a group is done again, from memory, with the hardware's root: it costs time, never bits.
// Bodies, remainders and tails run the same code, a group of one vector for the latter two.
#pragma once

#include "kernels/root.hpp"
#include "kernels/step.hpp"

namespace adagrad::kernels {
namespace {

// The rule of a step, known at compile time. `any_epsilon`: epsilon may be zero or so small that the quick root of a zero would show. Without
// `accumulates` the accumulator is only read.
struct dense_rule {
  bool accumulates, inside_root, before_gradient, any_epsilon, fast;
};

template <class T, class Arch>
struct dense_constants {
  using V = vec<T, Arch>;
  V minus_learning_rate, epsilon;
  std::size_t resident_bytes;
  ahead prefetch;
  bool prefetches;

  explicit dense_constants(const dense_step<T>& step)
      : minus_learning_rate(-step.learning_rate),
        epsilon(step.epsilon),
        resident_bytes(step.resident_bytes),
        prefetch(step.prefetch),
        prefetches(step.prefetches) {}
};

// The radicand of one vector, G or G + g*g and perhaps epsilon, and the new accumulator.
template <dense_rule Rule, class V>
ADAGRAD_INLINE V radicand(V old_accumulator, V accumulator, V epsilon) {
  const V used = Rule.before_gradient ? old_accumulator : accumulator;
  return Rule.inside_root ? used + epsilon : used;
}

// w + -0 is w, also where w is -0.
template <class V>
ADAGRAD_INLINE V no_move() {
  return V(typename V::value_type(-0.0));
}

// -(lr*g)/H as the hardware rounds it; no move where H is 0.
template <dense_rule Rule, class V, class Constants>
ADAGRAD_INLINE V hardware_move(V radicand, V gradient, const Constants& c) {
  V denominator = square_root(radicand);
  if constexpr (!Rule.inside_root) denominator = denominator + c.epsilon;
  const V move = quotient(c.minus_learning_rate * gradient, denominator);
  return xsimd::select(denominator == V(0), no_move<V>(), move);
}

// Whether a zero radicand gets the root of root_scale::floor. Inside the root epsilon keeps the radicand above zero, unless an accumulator is
// negative: that zero must not get a root that is not its own; it gets 0, or NaN and the careful path.
template <dense_rule Rule>
constexpr bool floored = !Rule.inside_root || Rule.any_epsilon;

// H for N vectors by the mixture of hardware roots and quick roots; NaN where the quick root does not hold.
template <dense_rule Rule, unsigned N, unsigned Hardware, class T, class Arch>
ADAGRAD_INLINE void exact_denominators(vec<T, Arch>* x, vec<T, Arch>* denominators, const dense_constants<T, Arch>& c) {
  using V = vec<T, Arch>;
  using scale = root_scale<T>;
  constexpr unsigned quick = N - Hardware;
  for (unsigned k = quick; k < N; ++k) {
    denominators[k] = square_root(x[k]);
    if constexpr (!Rule.inside_root) denominators[k] = denominators[k] + c.epsilon;
  }
  if constexpr (quick > 0) {
    const V up(scale::up), down(scale::down), floor(scale::floor);
    V X[quick], y[quick];
    for (unsigned k = 0; k < quick; ++k) X[k] = floored<Rule> ? mul_add(x[k], up, floor) : x[k] * up;
    for (unsigned k = 0; k < quick; ++k) y[k] = root_seed(X[k]);
    exact_roots<traits<Arch>::template seed_bits<T>, quick, T, Arch>(X, y, denominators);
    for (unsigned k = 0; k < quick; ++k) {
      if constexpr (Rule.any_epsilon) {
        const V root = xsimd::select(x[k] == V(0), V(0), denominators[k] * down);
        denominators[k] = Rule.inside_root ? root : root + c.epsilon;
      } else if constexpr (Rule.inside_root) {
        denominators[k] = denominators[k] * down;
      } else {
        denominators[k] = mul_add(denominators[k], down, c.epsilon);
      }
    }
  }
}

// (lr*g)/H for N vectors to a few ulp; NaN or infinite where the estimates do not hold. It is to be subtracted: a gradient of +0 gives
// +0, whatever the sign of the last correction, and w - 0 is w, also where w is -0.
template <dense_rule Rule, unsigned N, class T, class Arch>
ADAGRAD_INLINE void fast_moves(const vec<T, Arch>* x, const vec<T, Arch>* g, vec<T, Arch>* moves, const dense_constants<T, Arch>& c) {
  using V = vec<T, Arch>;
  using scale = root_scale<T>;
  const V up(scale::up), half_down(scale::down / 2), floor(scale::floor), one(T(1)), learning_rate = -c.minus_learning_rate;
  V X[N], y[N], d[N], e[N];
  for (unsigned k = 0; k < N; ++k) X[k] = floored<Rule> ? mul_add(x[k], up, floor) : x[k] * up;
  for (unsigned k = 0; k < N; ++k) y[k] = root_seed(X[k]);
  twice_fast_roots<traits<Arch>::template seed_bits<T>, N, T, Arch>(X, y, d);
  if constexpr (Rule.any_epsilon)
    for (unsigned k = 0; k < N; ++k) d[k] = xsimd::select(x[k] == V(0), V(0), d[k]);
  for (unsigned k = 0; k < N; ++k) d[k] = Rule.inside_root ? d[k] * half_down : mul_add(d[k], half_down, c.epsilon);
  xsimd::batch_bool<T, Arch> is_zero[N];
  if constexpr (Rule.any_epsilon)
    for (unsigned k = 0; k < N; ++k) is_zero[k] = d[k] == V(0);
  for (unsigned k = 0; k < N; ++k) y[k] = reciprocal_seed(d[k]);
  constexpr int steps_before_last = sizeof(T) == 4 ? 0 : 1;
  for (int step = 0; step < steps_before_last; ++step) {
    for (unsigned k = 0; k < N; ++k) e[k] = neg_mul_add(d[k], y[k], one);
    for (unsigned k = 0; k < N; ++k) y[k] = mul_add(y[k], e[k], y[k]);
  }
  for (unsigned k = 0; k < N; ++k) e[k] = neg_mul_add(d[k], y[k], one);
  for (unsigned k = 0; k < N; ++k) y[k] = (learning_rate * g[k]) * y[k];
  for (unsigned k = 0; k < N; ++k) moves[k] = mul_add(y[k], e[k], y[k]);
  if constexpr (Rule.any_epsilon)
    for (unsigned k = 0; k < N; ++k) moves[k] = xsimd::select(is_zero[k], V(T(0)), moves[k]);
}

// Whether a group stores its accumulators as soon as they are formed: it needs fewer registers, and the old ones no more.
template <dense_rule Rule>
constexpr bool stores_early = Rule.accumulates && !Rule.before_gradient;
template <dense_rule Rule>
constexpr bool stores_late = Rule.accumulates&& Rule.before_gradient;

// A group of which some lane needs the hardware's root, from memory. In `fast`, lanes for which the estimates hold keep their
// bits: an element never depends on its neighbours.
template <dense_rule Rule, unsigned N, class T, class Arch>
[[gnu::cold, gnu::noinline]] void careful_group(T* w, const T* g, T* G, const dense_constants<T, Arch>& c) {
  using V = vec<T, Arch>;
  for (unsigned k = 0; k < N; ++k, w += V::size, g += V::size, G += V::size) {
    const V gradient = V::load_unaligned(g), stored = V::load_unaligned(G);
    const V accumulator = stores_late<Rule> ? stored + gradient * gradient : stored;
    const V x = radicand<Rule>(stored, accumulator, c.epsilon);
    const V parameter = V::load_unaligned(w);
    V moved = parameter + hardware_move<Rule>(x, gradient, c);
    if constexpr (Rule.fast) {
      V quick;
      fast_moves<Rule, 1, T, Arch>(&x, &gradient, &quick, c);
      moved = xsimd::select(is_finite(quick), parameter - quick, moved);
    }
    if constexpr (stores_late<Rule>) accumulator.store_unaligned(G);
    moved.store_unaligned(w);
  }
}

// `Hardware` of the N roots of an exact group are the hardware's.
template <dense_rule Rule, unsigned N, unsigned Hardware, class T, class Arch>
ADAGRAD_INLINE void group(T* __restrict w, const T* __restrict g, T* __restrict G, const dense_constants<T, Arch>& c) {
  using V = vec<T, Arch>;
  constexpr unsigned L = V::size;
  V accumulators[N], x[N], moves[N];
  for (unsigned k = 0; k < N; ++k) {
    const V gradient = V::load_unaligned(g + k * L), old = V::load_unaligned(G + k * L);
    accumulators[k] = Rule.accumulates ? old + gradient * gradient : old;
    x[k] = radicand<Rule>(old, accumulators[k], c.epsilon);
    if constexpr (stores_early<Rule>) accumulators[k].store_unaligned(G + k * L);
  }
  bool holds = true;
  if constexpr (Rule.fast) {
    V gradients[N];
    for (unsigned k = 0; k < N; ++k) gradients[k] = V::load_unaligned(g + k * L);
    fast_moves<Rule, N, T, Arch>(x, gradients, moves, c);
    V sums[2] = {V(0), V(0)};  // 0 * infinity and NaN stick; two chains for the latency
    for (unsigned k = 0; k < N; ++k) sums[k % 2] = mul_add(moves[k], V(0), sums[k % 2]);
    holds = !any_nan(sums, 2);
  } else {
    V denominators[N];
    exact_denominators<Rule, N, Hardware, T, Arch>(x, denominators, c);
    if constexpr (Hardware < N) holds = !any_nan(denominators, N);
    for (unsigned k = 0; k < N; ++k) {
      moves[k] = quotient(c.minus_learning_rate * V::load_unaligned(g + k * L), denominators[k]);
      if constexpr (Rule.any_epsilon || Rule.inside_root)  // inside, a negative accumulator can make H zero
        moves[k] = xsimd::select(denominators[k] == V(0), no_move<V>(), moves[k]);
    }
  }
  if (!holds) [[unlikely]] {
    careful_group<Rule, N, T, Arch>(w, g, G, c);
    return;
  }
  if constexpr (stores_late<Rule>)
    for (unsigned k = 0; k < N; ++k) accumulators[k].store_unaligned(G + k * L);
  for (unsigned k = 0; k < N; ++k) {
    const V parameter = V::load_unaligned(w + k * L);
    (Rule.fast ? parameter - moves[k] : parameter + moves[k]).store_unaligned(w + k * L);
  }
}

// From memory the hardware's own prefetchers leave 10 to 20 % unused: the loop asks for each of the three streams so many bytes ahead. In
// cache that would cost `fast` 5 %, so it starts at a size that no longer fits a usual L2 cache.
constexpr std::size_t prefetch_from_bytes = std::size_t(1) << 20;

// From this size on floats wait for the memory anyway, and the hardware's roots are quick enough: their shorter code keeps more loads in flight.
constexpr std::size_t hardware_roots_from_bytes = std::size_t(32) << 20;

enum class fetching { none, usual, given };

template <std::size_t Bytes>
ADAGRAD_INLINE void prefetch(const void* w, const void* g, const void* G, const ahead& distance) {
  const char* const streams[] = {static_cast<const char*>(g) + distance.gradients, static_cast<const char*>(G) + distance.accumulators,
                                 static_cast<const char*>(w) + distance.parameters};
  for (std::size_t line = 0; line < Bytes; line += 64)
    for (const char* stream : streams) __builtin_prefetch(stream + line);
}

// Whole groups of N vectors; returns how many elements that were.
template <dense_rule Rule, unsigned N, unsigned Hardware, fetching Fetching, class T, class Arch>
std::size_t dense_groups(T* w, const T* g, T* G, std::size_t n, const dense_constants<T, Arch>& c) {
  constexpr std::size_t elements = N * vec<T, Arch>::size;
  std::size_t i = 0;
  for (; n - i >= elements; i += elements) {
    if constexpr (Fetching == fetching::usual) prefetch<elements * sizeof(T)>(w + i, g + i, G + i, ahead{});
    if constexpr (Fetching == fetching::given) prefetch<elements * sizeof(T)>(w + i, g + i, G + i, c.prefetch);
    group<Rule, N, Hardware, T, Arch>(w + i, g + i, G + i, c);
  }
  return i;
}

template <dense_rule Rule, class T, class Arch>
void dense_sweep(T* w, const T* g, T* G, std::size_t n, const dense_constants<T, Arch>& c) {
  using V = vec<T, Arch>;
  constexpr unsigned L = V::size;
  constexpr pass tuning = traits<Arch>::template tuning<T>;
  constexpr unsigned N = Rule.fast ? tuning.fast : tuning.exact;
  constexpr unsigned single = traits<Arch>::quick_roots ? 0 : 1, hardware = tuning.hardware_roots;
  const std::size_t bytes = c.resident_bytes;
  const bool short_code = !Rule.fast && sizeof(T) == 4 && bytes >= hardware_roots_from_bytes;
  std::size_t i = 0;
  if (c.prefetches) {
    i = short_code ? dense_groups<Rule, 4, 4, fetching::given, T, Arch>(w, g, G, n, c)
                   : dense_groups<Rule, N, hardware, fetching::given, T, Arch>(w, g, G, n, c);
  } else if (bytes <= prefetch_from_bytes) {
    i = dense_groups<Rule, N, hardware, fetching::none, T, Arch>(w, g, G, n, c);
  } else {
    i = short_code ? dense_groups<Rule, 4, 4, fetching::usual, T, Arch>(w, g, G, n, c)
                   : dense_groups<Rule, N, hardware, fetching::usual, T, Arch>(w, g, G, n, c);
  }
  for (; n - i >= L; i += L) group<Rule, 1, single, T, Arch>(w + i, g + i, G + i, c);
  if (const std::size_t rest = n - i; rest > 0) {
    alignas(64) T tail[3][L];
    load_first(w + i, rest, Arch{}).store_aligned(tail[0]);
    load_first(g + i, rest, Arch{}).store_aligned(tail[1]);
    load_first(G + i, rest, Arch{}).store_aligned(tail[2]);
    group<Rule, 1, single, T, Arch>(tail[0], tail[1], tail[2], c);
    store_first(w + i, V::load_aligned(tail[0]), rest);
    if constexpr (Rule.accumulates) store_first(G + i, V::load_aligned(tail[2]), rest);
  }
}

template <dense_rule Rule, class T, class Arch>
void dense_with_epsilon(T* w, const T* g, T* G, std::size_t n, const dense_step<T>& step, const dense_constants<T, Arch>& c) {
  constexpr dense_rule any{Rule.accumulates, Rule.inside_root, Rule.before_gradient, true, Rule.fast};
  if (step.epsilon >= root_scale<T>::covering) dense_sweep<Rule, T, Arch>(w, g, G, n, c);
  else dense_sweep<any, T, Arch>(w, g, G, n, c);
}

template <bool Accumulates, bool Fast, class T, class Arch>
void dense_with_rule(T* w, const T* g, T* G, std::size_t n, const dense_step<T>& step, const dense_constants<T, Arch>& c) {
  const auto run = [&]<bool Inside, bool Before>() {
    dense_with_epsilon<dense_rule{Accumulates, Inside, Before, false, Fast}, T, Arch>(w, g, G, n, step, c);
  };
  if constexpr (Accumulates) {
    if (step.root_before_gradient)
      return step.epsilon_inside_root ? run.template operator()<true, true>() : run.template operator()<false, true>();
  }
  step.epsilon_inside_root ? run.template operator()<true, false>() : run.template operator()<false, false>();
}

template <bool Accumulates, class T, class Arch>
void dense(T* w, const T* g, T* G, std::size_t n, const dense_step<T>& step) {
  const dense_constants<T, Arch> c(step);
  if constexpr (traits<Arch>::fast) {
    const bool estimates_hold = step.epsilon <= T(0x1p100);  // or 1/H would be subnormal
    if (step.fast && estimates_hold) return dense_with_rule<Accumulates, true, T, Arch>(w, g, G, n, step, c);
  }
  dense_with_rule<Accumulates, false, T, Arch>(w, g, G, n, step, c);
}

template <class T, class Arch>
void update(T* w, const T* g, T* G, std::size_t n, const dense_step<T>& step) noexcept {
  dense<true, T, Arch>(w, g, G, n, step);
}
template <class T, class Arch>
void move(T* w, const T* g, T* G, std::size_t n, const dense_step<T>& step) noexcept {
  dense<false, T, Arch>(w, g, G, n, step);
}

}  // namespace
}  // namespace adagrad::kernels
