// Before the move: the gradients of a tile into a buffer, pending gradients, accumulators and decay apart from the gradient. The tile stays in the first cache.
#pragma once

#include "kernels/each_vector.hpp"
#include "kernels/fused.hpp"
#include "kernels/step.hpp"

namespace adagrad::kernels {
namespace {

// What a loop of `prepare` does, known at compile time.
struct preparing {
  bool gathers, factors, clips, drops, decays, fused;
};

template <preparing Does, class T, class Arch>
void prepare_gradients(T* prepared, const T* g, const T* w, const T* G, const T* pending, std::size_t n, const preparation<T>& p) {
  using V = vec<T, Arch>;
  constexpr std::size_t L = V::size, N = 4;
  const V scale(p.scale), divisor(p.divisor), before(p.factor_before_clip), lower(-p.clip), upper(p.clip), after(p.factor_after_clip),
      decay(p.decay), zero(T(0));
  const auto one = [&](V x, const auto& load) {
    x = x * scale;
    if constexpr (Does.gathers) x = quotient(x + load(pending), divisor);
    if constexpr (Does.factors) x = x * before;
    if constexpr (Does.clips) x = at_least(at_most(x, upper), lower);
    if constexpr (Does.factors) x = x * after;
    if constexpr (Does.decays) x = Does.fused ? fused_multiply_add(decay, load(w), x) : x + decay * load(w);
    if constexpr (Does.drops) x = xsimd::select((load(G) == zero) & (x * x == zero), zero, x);
    return x;
  };
  const auto whole = [&](std::size_t at) {
    const auto load = [at](const T* from) { return V::load_unaligned(from + at); };
    one(load(g), load).store_unaligned(prepared + at);
  };
  std::size_t i = 0;
  for (; n - i >= N * L; i += N * L)
    for (std::size_t k = 0; k < N; ++k) whole(i + k * L);
  for (; n - i >= L; i += L) whole(i);
  if (i < n) {
    const auto load = [i, n](const T* from) { return load_first(from + i, n - i, Arch{}); };
    store_first(prepared + i, one(load(g), load), n - i);
  }
}

// Calls body with `value` as a compile-time constant.
template <class Body>
ADAGRAD_INLINE void with_constant(bool value, const Body& body) {
  if (value) body(std::true_type{});
  else body(std::false_type{});
}

template <class T, class Arch>
void prepare(T* prepared, const T* g, const T* w, const T* G, const T* pending, std::size_t n, const preparation<T>& p) noexcept {
  const bool gathers = pending != nullptr, factors = p.factor_before_clip != 1 || p.factor_after_clip != 1;
  const bool clips = p.clip != std::numeric_limits<T>::infinity();
  with_constant(p.decay != 0, [&](auto decays) {
    with_constant(decays && p.fused_decay, [&](auto fused) {
      if (gathers || factors || p.drops_vanished) {  // seldom, or from memory anyway: what is not asked for changes nothing
        with_constant(gathers, [&](auto gathering) {
          with_constant(p.drops_vanished, [&](auto drops) {
            prepare_gradients<preparing{gathering, true, true, drops, decays, fused}, T, Arch>(prepared, g, w, G, pending, n, p);
          });
        });
        return;
      }
      with_constant(clips, [&](auto clipping) {
        prepare_gradients<preparing{false, false, clipping, false, decays, fused}, T, Arch>(prepared, g, w, G, pending, n, p);
      });
    });
  });
}

// Sums of gradients: g * scale + sum.
template <class T, class Arch>
void gather(T* sums, const T* g, std::size_t n, T scale) noexcept {
  using V = vec<T, Arch>;
  const V s(scale);
  each_vector<T, Arch>(sums, g, n, [&](V sum, V gradient) { return gradient * s + sum; });
}

template <class T, class Arch>
void accumulate(T* G, const T* g, std::size_t n, const accumulation<T>& how) noexcept {
  using V = vec<T, Arch>;
  const V decay(how.decay);
  // 1 * G is G: no loop of its own for the usual case.
  if (how.fused) each_vector<T, Arch>(G, g, n, [&](V sum, V gradient) { return fused_multiply_add(gradient, gradient, decay * sum); });
  else each_vector<T, Arch>(G, g, n, [&](V sum, V gradient) { return decay * sum + gradient * gradient; });
}

// w - factor * w.
template <class T, class Arch>
void shrink(T* w, std::size_t n, T factor) noexcept {
  const vec<T, Arch> f(factor);
  each_vector<T, Arch>(w, n, [&](vec<T, Arch> v) { return v - f * v; });
}

}  // namespace
}  // namespace adagrad::kernels
