#include "dense/sweep.hpp"

#include <algorithm>
#include <initializer_list>

#include "validate/numbers.hpp"

namespace adagrad::dense {
namespace {

// What stands for the gradients of a parameter that has none in this call but some pending.
template <class T>
constexpr T no_gradients[staged<T>] = {};

// A place for prepared gradients. A store holds up the loads a little ahead of it whose addresses agree with its own modulo 4096: of four places in
// `room` the one that lies farthest from the arrays that are gone through beside it.
template <class T>
T* place_apart(T* room, std::initializer_list<const void*> arrays) noexcept {
  constexpr std::size_t page = 4096, places = 4;
  std::size_t best = 0, farthest = 0;
  for (std::size_t place = 0; place < places; ++place) {
    std::size_t nearest = page;
    for (const void* const array : arrays) {
      const std::size_t ahead =
          (reinterpret_cast<std::uintptr_t>(array) - reinterpret_cast<std::uintptr_t>(room) - place * page / places) % page;
      nearest = std::min({nearest, ahead, page - ahead});
    }
    if (nearest > farthest) farthest = nearest, best = place;
  }
  return room + best * (page / places) / sizeof(T);
}

}  // namespace

template <class T>
kernels::preparation<T> prepared_now(const validate::plan<T>& plan, const moment<T>& now, bool pending) {
  kernels::preparation<T> p = plan.preparation;
  (now.value_before_norm ? p.factor_after_clip : p.factor_before_clip) = now.norm_factor;
  if (!pending) return p;
  p.divisor = now.pending_divisor;
  if (p.scale > 0) return p;
  p.scale = -p.scale;  // climbing changes the sign of the sum: of one factor or divisor
  p.divisor = -p.divisor;
  return p;
}

template <class T>
moment<T> make_moment(const validate::plan<T>& plan, double rate, const std::string* parameter) {
  moment<T> now{.learning_rate = static_cast<T>(rate), .resident_bytes = 0};
  if (plan.decoupled_decay > 0) now.shrink = validate::product<T>("learning_rate * weight_decay", rate, plan.decoupled_decay, parameter);
  if (plan.l1 > 0) now.proximal.l1 = validate::product<T>("learning_rate * proximal_l1", rate, plan.l1, parameter);
  if (plan.l2 > 0) now.proximal.l2 = validate::product<T>("learning_rate * proximal_l2", rate, plan.l2, parameter);
  return now;
}

template <class T>
moment<T> make_dual_moment(const validate::plan<T>& plan, double rate, std::uint64_t iteration, const std::string* parameter) {
  const double t = static_cast<double>(iteration) + 1;
  moment<T> now{.learning_rate = static_cast<T>(rate), .resident_bytes = 0, .plain = false, .dual_averaging = true};
  if (plan.l1 > 0) now.proximal.l1 = validate::product<T>("proximal_l1 * t", plan.l1, t, parameter);
  if (plan.l2 > 0) now.proximal.l2 = validate::product<T>("(learning_rate * proximal_l2) * t", rate * plan.l2, t, parameter);
  return now;
}

template <class T>
void finish(const kernels::typed_table<T>& kernels, const validate::plan<T>& plan, const arrays<T>& a, const moment<T>& now,
            std::size_t from, std::size_t n) {
  T* const parameters = a.parameters + from;
  if (now.averages && now.average_before_constraint) kernels.average(a.averages + from, parameters, n, now.average);
  if (plan.constraint.what != kernels::constraint<T>::kind::none) kernels.constrain(parameters, n, plan.constraint);
  if (now.averages && !now.average_before_constraint) kernels.average(a.averages + from, parameters, n, now.average);
}

template <class T>
void sweep_tiles(const kernels::typed_table<T>& kernels, const validate::plan<T>& plan, const arrays<T>& a, const moment<T>& now,
                 std::size_t begin, std::size_t end) {
  const bool pending = a.pending != nullptr, prepares = plan.prepares || pending || now.norm_factor != 1;
  const bool proximal = !now.dual_averaging && (now.proximal.l1 > 0 || now.proximal.l2 > 0);
  const bool before = plan.step.root_before_gradient;
  const bool apart = plan.accumulates && (plan.accumulates_apart || now.dual_averaging || (proximal && before));
  const kernels::preparation<T> preparation = prepared_now(plan, now, pending);
  kernels::dense_step<T> step = plan.step;
  step.learning_rate = now.learning_rate;
  step.resident_bytes = now.resident_bytes;
  step.prefetches = true;
  alignas(64) T room[staged<T> + 3072 / sizeof(T)];
  T* const prepared =
      place_apart(room, {a.parameters + begin, a.gradients != nullptr ? a.gradients + begin : nullptr, a.accumulators + begin});
  for (std::size_t from = begin; from < end; from += staged<T>) {
    const std::size_t n = std::min(staged<T>, end - from);
    T *const w = a.parameters + from, *const G = a.accumulators + from;
    const T* g = a.gradients != nullptr ? a.gradients + from : no_gradients<T>;
    if (prepares) {
      kernels.prepare(prepared, g, w, G, pending ? a.pending + from : nullptr, n, preparation);
      g = prepared;
    }
    // While this tile is divided and rooted, the next one's gradients and parameters come in, which are wanted before its accumulators are.
    step.prefetch.parameters = static_cast<std::ptrdiff_t>(staged<T> * sizeof(T));
    if (a.gradients != nullptr)
      step.prefetch.gradients = reinterpret_cast<const char*>(a.gradients + from + staged<T>) -
                                reinterpret_cast<const char*>(now.dual_averaging ? a.gradient_sums + from : g);
    if (now.shrink != 0) kernels.shrink(w, n, now.shrink);
    if (apart && !before) kernels.accumulate(G, g, n, plan.accumulation);
    if (now.dual_averaging) {
      kernels.gather(a.gradient_sums + from, g, n, T(1));
      kernels.dual_average(w, a.gradient_sums + from, G, n, step, now.proximal);
    } else if (proximal) {
      (apart || !plan.accumulates ? kernels.move_proximal : kernels.update_proximal)(w, g, G, n, step, now.proximal);
    } else if (apart || !plan.accumulates) {
      kernels.move(w, g, G, n, step);
    } else {
      kernels.update(w, g, G, n, step);
    }
    if (apart && before) kernels.accumulate(G, g, n, plan.accumulation);
    finish(kernels, plan, a, now, from, n);
    if (pending) std::fill_n(a.pending + from, n, T(0));
    if (now.zeroes_gradients && a.gradients != nullptr) std::fill_n(const_cast<T*>(a.gradients) + from, n, T(0));
  }
}

#define ADAGRAD_FOR(T)                                                                                                                    \
  template moment<T> make_moment<T>(const validate::plan<T>&, double, const std::string*);                                                \
  template moment<T> make_dual_moment<T>(const validate::plan<T>&, double, std::uint64_t, const std::string*);                            \
  template kernels::preparation<T> prepared_now<T>(const validate::plan<T>&, const moment<T>&, bool);                                     \
  template void finish<T>(const kernels::typed_table<T>&, const validate::plan<T>&, const arrays<T>&, const moment<T>&, std::size_t,      \
                          std::size_t);                                                                                                   \
  template void sweep_tiles<T>(const kernels::typed_table<T>&, const validate::plan<T>&, const arrays<T>&, const moment<T>&, std::size_t, \
                               std::size_t);
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad::dense
