// The read-only phase before a step: gradients that are not finite, and norms, in one region over all parameters concerned.
#include <algorithm>
#include <cmath>
#include <limits>

#include "dense/norms.hpp"
#include "dispatch/registry.hpp"
#include "optimizer/for_each_piece.hpp"
#include "optimizer/state.hpp"
#include "parallel/region.hpp"

namespace adagrad {
namespace {

using kernels::norm_lanes;
using kernels::norm_tile;

// The factor for a norm above the largest; NaN for one that is not finite.
double clip_factor(double norm, double largest, clip_form form) {
  if (!std::isfinite(norm)) return std::numeric_limits<double>::quiet_NaN();
  if (form == clip_form::guarded) return std::min(1.0, largest / (norm + 1e-6));
  return norm > largest ? largest / norm : 1;
}

}  // namespace

// What a range of one parameter's gradients is, as the step will see it before norms.
struct optimizer::state::inspector {
  const state& self;
  const kernels::table& kernels;
  bool moves;  // the call ends its window: pending gradients are added and divided

  // Calls body(gradients, n) over stretches of elements [begin, end) of a tile, as they are or prepared; `clipped`: by value.
  template <class T, class Body>
  void read(const dense::work<T>& w, bool clipped, std::size_t begin, std::size_t end, const Body& body) const {
    kernels::preparation<T> p{.scale = std::abs(w.plan.preparation.scale)};
    if (clipped) p.clip = w.plan.preparation.clip;
    if (w.pending != nullptr && moves && self.options.accumulation.combine == gradient_accumulation::reduction::mean)
      p.divisor = static_cast<T>(self.options.accumulation.calls);
    if (w.pending == nullptr && p.scale == 1 && std::isinf(p.clip)) return body(w.gradients + begin, end - begin);
    T buffer[1024];
    for (std::size_t from = begin; from < end; from += std::size(buffer)) {
      const std::size_t n = std::min(std::size(buffer), end - from);
      const T* const pending = w.pending != nullptr ? w.pending + from : nullptr;
      if (w.gradients != nullptr) kernels::of_type<T>(kernels).prepare(buffer, w.gradients + from, nullptr, nullptr, pending, n, p);
      else std::transform(pending, pending + n, buffer, [&p](T sum) { return std::clamp(sum / p.divisor, -p.clip, p.clip); });
      body(buffer, n);
    }
  }

  template <class T>
  void find_non_finite(const dense::work<T>& w, std::size_t parameter, std::size_t begin, std::size_t end, inspection& found) const {
    std::size_t at = begin;
    read(w, false, begin, end, [&](const T* g, std::size_t n) {
      std::size_t count = 0;
      kernels::of_type<T>(kernels).count_non_finite(g, n, &count);
      if (count > 0 && found.non_finite == 0) {
        const T* const first = std::find_if(g, g + n, [](T x) { return !std::isfinite(x); });
        found.parameter = parameter;
        found.index = at + static_cast<std::size_t>(first - g);
      }
      found.non_finite += count;
      at += n;
    });
  }

  template <class T>
  double tile_sum(const dense::work<T>& w, std::size_t begin, std::size_t end) const {
    double lanes[norm_lanes] = {};
    read(w, clips_first(), begin, end, [&](const T* g, std::size_t n) { kernels::of_type<T>(kernels).add_squares(g, n, lanes); });
    return dense::sum_of_lanes(lanes);
  }

  bool clips_first() const { return self.options.clip_order == clip_order::value_then_norms; }

  // Calls body(first, end) for the tiles of a parameter.
  template <class Body>
  static void for_each_tile(std::size_t count, const Body& body) {
    for (std::size_t first = 0; first < count; first += norm_tile) body(first, std::min(first + norm_tile, count));
  }

  double largest(const named_parameter& p) const {
    if (p.table != nullptr) return self.largest_of(p);
    double result = 0;
    std::visit(
        [&]<class T>(const dense::work<T>& w) {
          read(w, clips_first(), 0, w.count, [&](const T* g, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) result = std::max(result, std::abs(static_cast<double>(g[i])));
          });
        },
        p.work);
    return result;
  }

  double scaled_sum(const named_parameter& p, int exponent) const {
    if (p.table != nullptr) return self.scaled_sum_of(p, exponent);
    double sum = 0;
    std::visit(
        [&]<class T>(const dense::work<T>& w) {
          for_each_tile(w.count, [&](std::size_t begin, std::size_t end) {
            double lanes[norm_lanes] = {};
            read(w, clips_first(), begin, end,
                 [&](const T* g, std::size_t n) { dense::add_scaled_squares(n, exponent, lanes, [g](std::size_t i) { return g[i]; }); });
            sum = sum + dense::sum_of_lanes(lanes);
          });
        },
        p.work);
    return sum;
  }

  // The norm from a sum of squares of the parameters for which takes(p); formed again from scaled elements where it must be.
  template <class Takes>
  double norm(double sum, const Takes& takes) const {
    if (!kernels::is_out_of_range(sum)) return std::sqrt(sum);
    double most = 0, again = 0;
    for (const named_parameter& p : self.parameters)
      if (takes(p)) most = std::max(most, largest(p));
    if (std::isinf(most)) return most;
    const int exponent = std::ilogb(most);
    for (const named_parameter& p : self.parameters)
      if (takes(p)) again = again + scaled_sum(p, exponent);
    return std::ldexp(std::sqrt(again), exponent);
  }
};

bool optimizer::state::clips_by_norm(const named_parameter& p) const noexcept {
  return !std::isinf(options.global_clip_norm) || !std::isinf(p.options->clip_norm);
}

bool optimizer::state::looks_at_gradients(const named_parameter& p) const noexcept {
  return options.non_finite != non_finite_policy::propagate || clips_by_norm(p);
}

bool optimizer::state::is_inspected(const named_parameter& p) const noexcept {
  if (!looks_at_gradients(p)) return false;
  if (p.table != nullptr) return p.table->has_gradients();
  return std::visit([&](const auto& w) { return w.gradients != nullptr || p.gathered; }, p.work);
}

inspection optimizer::state::inspect(bool moves) {
  struct look_region {
    state& self;
    inspector look;
    std::size_t parts;
    static void run_part(void* context, std::size_t index) {
      const look_region& r = *static_cast<const look_region*>(context);
      state& s = r.self;
      inspection& found = s.findings[index] = {};
      s.for_each_piece(s.norm_tiles, index, r.parts, [&](const named_parameter& p, std::size_t begin, std::size_t end) {
        const auto parameter = static_cast<std::size_t>(&p - s.parameters.data());
        std::visit(
            [&]<class T>(const dense::work<T>& w) {
              const bool norms = r.look.moves && s.clips_by_norm(p);
              for (std::size_t tile = begin; tile < end; tile += norm_tile) {
                const std::size_t tile_end = std::min(tile + norm_tile, end);
                if (s.options.non_finite != non_finite_policy::propagate) r.look.find_non_finite(w, parameter, tile, tile_end, found);
                if (norms) s.tile_sums[s.first_sums[parameter] + tile / norm_tile] = r.look.tile_sum(w, tile, tile_end);
              }
            },
            p.work);
      });
    }
  };
  look_region r{*this, {*this, dispatch::active(), moves}, std::min<std::size_t>(parts(norm_tiles, 1), findings.size())};
  parallel::run(options.how, r.parts, look_region::run_part, &r);
  inspection all;
  for (std::size_t i = 0; i < r.parts; ++i) {
    if (all.non_finite == 0 && findings[i].non_finite > 0) all.parameter = findings[i].parameter, all.index = findings[i].index;
    all.non_finite += findings[i].non_finite;
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].table == nullptr || !is_inspected(parameters[i])) continue;
    const inspection found = inspect_table(i);
    if (found.non_finite > 0 && (all.non_finite == 0 || i < all.parameter)) all.parameter = i, all.index = found.index;
    all.non_finite += found.non_finite;
  }
  if (!moves) return all;
  const bool global = !std::isinf(options.global_clip_norm);
  double total = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    named_parameter& p = parameters[i];
    p.clip_factor = 1;
    if (!is_inspected(p) || !clips_by_norm(p)) continue;
    double sum = p.table != nullptr ? p.table->sum_of_squares : 0;
    const std::size_t end = first_sums[i] + (norm_tiles.elements(i) + norm_tile - 1) / norm_tile;
    for (std::size_t slot = first_sums[i]; slot < end; ++slot) sum = sum + tile_sums[slot];
    total = total + sum;
    if (!global)
      p.clip_factor =
          clip_factor(r.look.norm(sum, [&](const named_parameter& q) { return &q == &p; }), p.options->clip_norm, options.clip_form);
  }
  if (!global) return all;
  all.global_norm = r.look.norm(total, [&](const named_parameter& p) { return is_inspected(p); });
  const double factor = clip_factor(all.global_norm, options.global_clip_norm, options.clip_form);
  for (named_parameter& p : parameters) p.clip_factor = factor;
  return all;
}

}  // namespace adagrad
