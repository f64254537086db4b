// A step: what is wrong with it, a look at the gradients where one is asked for, one region over the list of tiles, norms of parameters.
#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "dense/norms.hpp"
#include "dispatch/registry.hpp"
#include "optimizer/for_each_piece.hpp"
#include "optimizer/state.hpp"
#include "parallel/region.hpp"
#include "validate/fail.hpp"

namespace adagrad {

// What the parts of a region share.
struct optimizer::state::region {
  const state& self;
  const kernels::table& kernels;
  work_kind kind;
  std::size_t parts, resident_bytes;

  static void run_part(void* context, std::size_t index) {
    const region& r = *static_cast<const region*>(context);
    r.self.for_each_piece(r.self.tiles, index, r.parts, [&](const named_parameter& p, std::size_t begin, std::size_t end) {
      std::visit([&](const auto& work) { r.piece(p, work, begin, end); }, p.work);
    });
  }

  // Norms come in a later region, and this parameter's average after them.
  static bool averages_after_norms(const named_parameter& p) noexcept {
    return p.norms != nullptr && p.options->average.enabled && p.options->average.position == average_position::after_constraint;
  }

  template <class T>
  void piece(const named_parameter& p, const dense::work<T>& w, std::size_t begin, std::size_t end) const {
    const auto& typed = kernels::of_type<T>(kernels);
    if (kind == work_kind::move) {
      if (w.plan.plain && !p.special)
        return dense::sweep_plain(kernels, w.plan, w, static_cast<T>(self.rate_of(p, self.rates)), resident_bytes, begin, end);
      auto now = self.moment_of(p, w);
      now.resident_bytes = resident_bytes;
      now.averages &= !averages_after_norms(p);
      return dense::sweep(kernels, w.plan, w, now, begin, end);
    }
    const std::size_t n = end - begin;
    if (kind == work_kind::gather && w.gradients != nullptr)
      typed.gather(w.pending + begin, w.gradients + begin, n, std::abs(w.plan.preparation.scale));
    if (kind == work_kind::discard && w.pending != nullptr) std::fill_n(w.pending + begin, n, T(0));
    if ((kind == work_kind::gather || kind == work_kind::discard) && p.options->zero_gradients && w.gradients != nullptr)
      std::fill_n(const_cast<T*>(w.gradients) + begin, n, T(0));
    if (kind == work_kind::finish) {
      auto now = self.moment_of(p, w);
      now.averages &= !averages_after_norms(p);
      dense::finish(typed, w.plan, w, now, begin, n);
    }
    if (kind == work_kind::average && averages_after_norms(p))
      typed.average(w.averages + begin, w.parameters + begin, n, self.moment_of(p, w).average);
  }
};

unsigned optimizer::state::run(work_kind kind) {
  region r{*this, dispatch::active(), kind, parts(tiles, 5), 0};
  r.resident_bytes = 3 * tiles.bytes() / r.parts;
  return parallel::run(options.how, r.parts, region::run_part, &r);
}

// Each part takes its share of each parameter's groups.
void optimizer::state::constrain_norms() {
  struct norms_region {
    state& self;
    const kernels::table& kernels;
    std::size_t parts;
    static void run_part(void* context, std::size_t index) {
      const norms_region& r = *static_cast<const norms_region*>(context);
      for (std::size_t i = 0; i < r.self.parameters.size(); ++i) {
        const named_parameter& p = r.self.parameters[i];
        if (p.norms == nullptr || r.self.tiles.elements(i) == 0) continue;
        const auto [begin, end] = parallel::part(dense::norm_units(p.norms->layout), r.parts, (index + i) % r.parts, 1);
        std::visit(
            [&, begin = begin, end = end]<class T>(const dense::work<T>& w) {
              dense::constrain_norms(kernels::of_type<T>(r.kernels), w.parameters, p.norms->layout,
                                     std::get<validate::norm_bounds<T>>(p.norms->bounds), begin, end);
            },
            p.work);
      }
    }
  };
  norms_region r{*this, dispatch::active(), parts(tiles, 5)};
  parallel::run(options.how, r.parts, norms_region::run_part, &r);
}

// What this call means for the next: averages that have begun, gradients that are pending.
void optimizer::state::remember(bool moves, bool finishes) noexcept {
  for (named_parameter& p : parameters) {
    if (!p.special) continue;
    const bool has_gradients = std::visit([](const auto& w) { return w.gradients != nullptr; }, p.work);
    const bool gathered = !moves && (p.gathered || has_gradients);
    if (!has_gradients && gathered != p.gathered) tiles_current = norm_tiles_current = false;  // it has nothing to be moved by any more
    p.averaging |= finishes && p.options->average.enabled && (has_gradients || p.gathered);
    p.gathered = gathered;
  }
}

void optimizer::state::must_be_whole() const {
  if (half_loaded)
    throw std::logic_error(
        "adagrad: a load stopped in the middle, and arrays may be half written: load that file again, or another one, before going on");
}

step_report optimizer::state::step() {
  must_be_whole();
  const std::uint64_t iteration = iterations;
  if (iteration == std::numeric_limits<std::uint64_t>::max())
    validate::fail(nullptr, "iterations is 18446744073709551615, the last that 64 bits hold: set_iterations to a smaller number");
  dispatch::active();  // refuses a bad name before anything else
  prepare();
  ask_rates(rates);
  if (any_tables) prepare_tables();
  const bool moves = calls + 1 >= options.accumulation.calls;
  step_report report{.learning_rate = rates[0], .iteration = iteration, .threads = 1};
  const auto is_inspected_table = [this](const named_parameter& p) { return p.table != nullptr && is_inspected(p); };
  const bool looks = norm_tiles.tiles() > 0 || (any_tables && std::ranges::any_of(parameters, is_inspected_table));
  if (looks && (moves || options.non_finite != non_finite_policy::propagate)) {
    const inspection seen = inspect(moves);
    report.global_norm = seen.global_norm;
    report.non_finite = seen.non_finite;
    report.first_parameter = seen.parameter;
    report.first_index = seen.index;
    if (seen.non_finite > 0 && options.non_finite == non_finite_policy::error)
      validate::fail(parameters[seen.parameter].name,
                     "gradients[" + std::to_string(seen.index) + "] is not finite, as gradient_scale and earlier calls leave it (" +
                         std::to_string(seen.non_finite) +
                         " such in all): mend the loss, lower gradient_scale, or use non_finite_policy::skip");
    if (seen.non_finite > 0 && options.non_finite == non_finite_policy::skip) {
      report.outcome = step_outcome::skipped;
      report.threads = run(work_kind::discard);
      calls = 0;
      remember(true, false);
      return report;
    }
  }
  const bool counts_calls = options.accumulation.counts == gradient_accumulation::counting::calls;
  if (moves) {
    report.threads = run(work_kind::move);
    if (any_tables) report.threads = std::max(report.threads, run_tables());
    calls = 0;
  } else {
    report.outcome = step_outcome::accumulated;
    report.threads = run(work_kind::gather);
    ++calls;
    if (counts_calls) run(work_kind::finish);
  }
  const bool finishes = moves || counts_calls;
  if (finishes && any_norms) {
    constrain_norms();
    run(work_kind::average);
  }
  remember(moves, finishes);
  if (finishes) ++iterations;
  return report;
}

}  // namespace adagrad
