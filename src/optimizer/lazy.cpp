// What single rows need beside their update: debts of lazy terms, counts of calls, constraints on norms.
#include <algorithm>
#include <cmath>

#include "dense/norms.hpp"
#include "optimizer/table.hpp"

namespace adagrad {
namespace {

using rows::denominator;

// k steps of L1 and L2 with a constant rate: |w| -> max(|w| - a, 0) / (1 + c) each, a and c divided by the denominator.
template <class T>
T after_steps(T w, double steps, double l1, double l2, double H) {
  if (!std::isfinite(w)) return w;
  const double a = l1 / H, c = l2 / H, log_kept = -steps * std::log1p(c);
  const double lost = c > 0 ? a * (-std::expm1(log_kept) / c) : a * steps;  // a * (q + q^2 + ... + q^k), q = 1 / (1 + c)
  const double rest = std::abs(static_cast<double>(w)) * std::exp(log_kept) - lost;
  return static_cast<T>(std::copysign(rest > 0 ? rest : 0.0, static_cast<double>(w)));  // 0 also where a and c are infinite
}

// What stands for the gradients of absent rows.
template <class T>
constexpr T no_gradients[1024] = {};

}  // namespace

template <class T>
void table_care<T>::pay(std::size_t row, T* w, const T* G) const noexcept {
  const double debt = owed - paid[row];
  if (!(debt != 0)) return;  // NaN is paid
  const auto& step = plan->step;
  switch (lazy) {
    case lazy_term::decoupled_decay: kernels->scale(w, w, width, static_cast<T>(std::exp(debt))); break;
    case lazy_term::group_lasso:
      if (*G > 0) rows::lasso(*kernels, w, width, static_cast<T>(debt * strength), denominator(*G, step));
      break;
    case lazy_term::l1:
      if (rowwise) {
        if (*G > 0) kernels->soften(w, width, static_cast<T>(debt * strength) / denominator(*G, step), T(1));
        break;
      }
      for (std::size_t i = 0; i < width; i += std::size(no_gradients<T>))
        kernels->move_proximal(w + i, no_gradients<T>, const_cast<T*>(G) + i, std::min(width - i, std::size(no_gradients<T>)), step,
                               {.l1 = static_cast<T>(debt * strength), .l2 = 0});
      break;
    default:  // L2 and elastic net: the debt counts steps
      for (std::size_t i = 0; i < width; ++i)
        if (const T g = rowwise ? *G : G[i]; g > 0) w[i] = after_steps(w[i], debt, strength, strength2, denominator(g, step));
  }
  if (plan->constraint.what != kernels::constraint<T>::kind::none) kernels->constrain(w, width, plan->constraint);
}

template <class T>
T table_care<T>::before(std::size_t row, T* w, const T* G, T decay, bool first) const noexcept {
  if (paid != nullptr && first) {
    pay(row, w, G);
    paid[row] = owed_after;
  }
  if (counts == nullptr) return decay;
  counts[row] += first;
  return static_cast<T>(decay_for_one / static_cast<double>(counts[row]));
}

template <class T>
void table_care<T>::after(T* w) const noexcept {
  if (norms == nullptr) return;
  const T factor = norms->factor(dense::norm(*kernels, w, width));
  if (norms->kind == constraint_kind::unit_norm) kernels->soften(w, width, T(0), factor);
  else if (factor != 1) kernels->scale(w, w, width, factor);
}

template class table_care<float>;
template class table_care<double>;

}  // namespace adagrad
