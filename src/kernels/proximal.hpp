// Moves that divide by H more than once: proximal terms after the move, and dual averaging. The accumulators are ready, and only read.
//
// A group of vectors gets its H by the quick roots, or, where one does not hold, all of it by the hardware's: nothing was stored before.
#pragma once

#include "kernels/dense.hpp"
#include "kernels/step.hpp"

namespace adagrad::kernels {
namespace {

// Which terms there are.
struct terms {
  bool l1, l2;
};

// copysign(max(|x| - threshold, 0), x), with NaN where |x| - threshold is.
template <class T, class Arch>
ADAGRAD_INLINE vec<T, Arch> soft_threshold(vec<T, Arch> x, vec<T, Arch> threshold) {
  using V = vec<T, Arch>;
  const V sign = x & V(T(-0.0)), rest = (x ^ sign) - threshold;
  return xsimd::select(rest < V(T(0)), V(T(0)), rest) | sign;
}

// What a denominator is: where epsilon stands, and whether it is so large that H is never 0 (see dense_rule).
struct root_kind {
  bool inside, any_epsilon;
};

// H of N vectors of accumulators.
template <root_kind Root, unsigned N, class T, class Arch>
ADAGRAD_INLINE void denominators_of(const vec<T, Arch>* accumulators, vec<T, Arch>* denominators, const dense_constants<T, Arch>& c) {
  using V = vec<T, Arch>;
  constexpr dense_rule rule{false, Root.inside, false, Root.any_epsilon, false};
  constexpr unsigned hardware = traits<Arch>::quick_roots ? 0 : N;
  V x[N];
  for (unsigned k = 0; k < N; ++k) x[k] = radicand<rule>(accumulators[k], accumulators[k], c.epsilon);
  exact_denominators<rule, N, hardware, T, Arch>(x, denominators, c);
  if constexpr (hardware == 0) {
    if (any_nan(denominators, N)) [[unlikely]]
      for (unsigned k = 0; k < N; ++k) denominators[k] = Root.inside ? square_root(x[k]) : square_root(x[k]) + c.epsilon;
  }
}

// Calls group<N>(w, x, G) for groups of N vectors.
template <bool StoresG, class T, class Arch, class G_, class Group>
ADAGRAD_INLINE void groups(T* w, const T* x, G_* G, std::size_t n, const ahead& distance, const Group& group) {
  using V = vec<T, Arch>;
  constexpr std::size_t L = V::size, N = 4;
  std::size_t i = 0;
  for (; n - i >= N * L; i += N * L) {
    prefetch<N * L * sizeof(T)>(w + i, x + i, G + i, distance);
    group.template operator()<N>(w + i, x + i, G + i);
  }
  for (; n - i >= L; i += L) group.template operator()<1>(w + i, x + i, G + i);
  if (const std::size_t rest = n - i; rest > 0) {
    alignas(64) T tail[3][L];
    load_first(w + i, rest, Arch{}).store_aligned(tail[0]);
    load_first(x + i, rest, Arch{}).store_aligned(tail[1]);
    load_first(G + i, rest, Arch{}).store_aligned(tail[2]);
    group.template operator()<1>(tail[0], tail[1], tail[2]);
    store_first(w + i, V::load_aligned(tail[0]), rest);
    if constexpr (StoresG) store_first(G + i, V::load_aligned(tail[2]), rest);
  }
}

// Between which H and numerators have quotients by way of the reciprocal: nothing in it then overflows or becomes subnormal.
template <class T>
struct reciprocal_range;
template <>
struct reciprocal_range<float> {
  static constexpr float low = 0x1p-60f, high = 0x1p60f;
};
template <>
struct reciprocal_range<double> {
  static constexpr double low = 0x1p-400, high = 0x1p400;
};
template <class T>
bool in_reciprocal_range(T x) {
  return x >= reciprocal_range<T>::low && x <= reciprocal_range<T>::high;
}

// a/H, correctly rounded, from y = 1/H, correctly rounded: a first correction makes the quotient faithful, so that the second residual is exact; then
// Markstein's theorem holds (IBM J. Res. Dev. 34(1), 1990). Two of them cost less than a second division.
template <class T, class Arch>
ADAGRAD_INLINE vec<T, Arch> quotient_by_reciprocal(vec<T, Arch> a, vec<T, Arch> H, vec<T, Arch> y) {
  using V = vec<T, Arch>;
  V q = a * y;
  q = mul_add(neg_mul_add(q, H, a), y, q);
  return mul_add(neg_mul_add(q, H, a), y, q);
}

// l1/H and l2/H of N vectors.
template <terms Terms, unsigned N, class T, class Arch>
ADAGRAD_INLINE void thresholds(const vec<T, Arch>* H, vec<T, Arch>* by_l1, vec<T, Arch>* by_l2, const proximal<T>& p, bool by_reciprocal) {
  using V = vec<T, Arch>;
  const V l1(p.l1), l2(p.l2);
  if constexpr (traits<Arch>::quick_roots && Terms.l1 && Terms.l2) {
    const V low(reciprocal_range<T>::low), high(reciprocal_range<T>::high);
    auto inside = (H[0] >= low) & (H[0] <= high);
    for (unsigned k = 1; k < N; ++k) inside = inside & (H[k] >= low) & (H[k] <= high);
    if (by_reciprocal && xsimd::all(inside)) [[likely]] {
      for (unsigned k = 0; k < N; ++k) {
        const V y = quotient(V(T(1)), H[k]);
        by_l1[k] = quotient_by_reciprocal<T, Arch>(l1, H[k], y);
        by_l2[k] = quotient_by_reciprocal<T, Arch>(l2, H[k], y);
      }
      return;
    }
  }
  for (unsigned k = 0; k < N; ++k) {
    if constexpr (Terms.l1) by_l1[k] = quotient(l1, H[k]);
    if constexpr (Terms.l2) by_l2[k] = quotient(l2, H[k]);
  }
}

template <bool Accumulates, terms Terms, root_kind Root, class T, class Arch>
void move_with_terms(T* w, const T* g, T* G, std::size_t n, const dense_constants<T, Arch>& c, const proximal<T>& p) {
  using V = vec<T, Arch>;
  const V zero(T(0)), one(T(1));
  const bool by_reciprocal = in_reciprocal_range(p.l1) && in_reciprocal_range(p.l2);
  groups<Accumulates, T, Arch>(w, g, G, n, c.prefetch, [&]<unsigned N>(T* w_of, const T* g_of, T* G_of) {
    constexpr std::size_t L = V::size;
    V accumulators[N], H[N], by_l1[N], by_l2[N];
    for (unsigned k = 0; k < N; ++k) {
      accumulators[k] = V::load_unaligned(G_of + k * L);
      if constexpr (Accumulates) {
        const V gradient = V::load_unaligned(g_of + k * L);
        accumulators[k] = accumulators[k] + gradient * gradient;
        accumulators[k].store_unaligned(G_of + k * L);
      }
    }
    denominators_of<Root, N, T, Arch>(accumulators, H, c);
    thresholds<Terms, N, T, Arch>(H, by_l1, by_l2, p, by_reciprocal);
    for (unsigned k = 0; k < N; ++k) {
      const V gradient = V::load_unaligned(g_of + k * L);
      V move = quotient(c.minus_learning_rate * gradient, H[k]);
      if constexpr (Root.any_epsilon || Root.inside) move = xsimd::select(H[k] == zero, no_move<V>(), move);
      const V moved = V::load_unaligned(w_of + k * L) + move;
      V v = moved;
      if constexpr (Terms.l1) v = soft_threshold<T, Arch>(v, by_l1[k]);
      if constexpr (Terms.l2) v = quotient(v, one + by_l2[k]);
      xsimd::select(accumulators[k] > zero, v, moved).store_unaligned(w_of + k * L);
    }
  });
}

template <terms Terms, root_kind Root, class T, class Arch>
void dual_with_terms(T* w, const T* u, const T* G, std::size_t n, const dense_constants<T, Arch>& c, const proximal<T>& p) {
  using V = vec<T, Arch>;
  const V zero(T(0)), l1(p.l1), l2(p.l2);
  groups<false, T, Arch>(w, u, G, n, c.prefetch, [&]<unsigned N>(T* w_of, const T* u_of, const T* G_of) {
    constexpr std::size_t L = V::size;
    V accumulators[N], denominators[N];
    for (unsigned k = 0; k < N; ++k) accumulators[k] = V::load_unaligned(G_of + k * L);
    denominators_of<Root, N, T, Arch>(accumulators, denominators, c);
    for (unsigned k = 0; k < N; ++k) {
      const V H = denominators[k];
      V s = V::load_unaligned(u_of + k * L);
      if constexpr (Terms.l1) s = soft_threshold<T, Arch>(s, l1);
      V w_new = quotient(c.minus_learning_rate * s, Terms.l2 ? H + l2 : H);
      if constexpr (Root.any_epsilon || Root.inside) w_new = xsimd::select(H == zero, V::load_unaligned(w_of + k * L), w_new);
      w_new.store_unaligned(w_of + k * L);
    }
  });
}

// Calls run<terms, root kind>() for what there is; a move without any term is not asked for.
template <bool MayHaveNone, class T, class Run>
ADAGRAD_INLINE void with_terms(const dense_step<T>& step, const proximal<T>& p, const Run& run) {
  const auto rooted = [&]<root_kind Root>() {
    if (p.l1 > 0) p.l2 > 0 ? run.template operator()<terms{true, true}, Root>() : run.template operator()<terms{true, false}, Root>();
    else if (!MayHaveNone || p.l2 > 0) run.template operator()<terms{false, true}, Root>();
    else if constexpr (MayHaveNone) run.template operator()<terms{false, false}, Root>();
  };
  const bool covered = step.epsilon >= root_scale<T>::covering;
  if (step.epsilon_inside_root) rooted.template operator()<root_kind{true, true}>();
  else covered ? rooted.template operator()<root_kind{false, false}>() : rooted.template operator()<root_kind{false, true}>();
}

template <class T, class Arch>
void update_proximal(T* w, const T* g, T* G, std::size_t n, const dense_step<T>& step, const proximal<T>& p) noexcept {
  const dense_constants<T, Arch> c(step);
  with_terms<false>(step, p, [&]<terms Terms, root_kind Root>() { move_with_terms<true, Terms, Root, T, Arch>(w, g, G, n, c, p); });
}

template <class T, class Arch>
void move_proximal(T* w, const T* g, T* G, std::size_t n, const dense_step<T>& step, const proximal<T>& p) noexcept {
  const dense_constants<T, Arch> c(step);
  with_terms<false>(step, p, [&]<terms Terms, root_kind Root>() { move_with_terms<false, Terms, Root, T, Arch>(w, g, G, n, c, p); });
}

template <class T, class Arch>
void dual_average(T* w, const T* u, const T* G, std::size_t n, const dense_step<T>& step, const proximal<T>& p) noexcept {
  const dense_constants<T, Arch> c(step);
  with_terms<true>(step, p, [&]<terms Terms, root_kind Root>() { dual_with_terms<Terms, Root, T, Arch>(w, u, G, n, c, p); });
}

}  // namespace
}  // namespace adagrad::kernels
