// The look at the gradients of tables: as their rows will have them, after duplicates are combined, before norms.
#include <algorithm>
#include <cmath>

#include "dense/norms.hpp"
#include "optimizer/state.hpp"
#include "parallel/region.hpp"
#include "rows/walk.hpp"

namespace adagrad {
namespace {

// Calls body(row of the table, its place in sums, gradient) for the rows of a part, the gradient scaled, and clipped by value if asked. Places do not depend
// on the number of parts: where appearances are combined they are in the order of rows, otherwise in that of the indices, though parts may go by row.
template <class T, class Body>
void for_each_gradient(const rows::job<T>& job, bool clipped, std::size_t begin, std::size_t end, T* scratch, const Body& body) {
  const auto& typed = kernels::of_type<T>(*job.kernels);
  const std::size_t n = job.width();
  T* const prepared = scratch + n;
  kernels::preparation<T> p{.scale = std::abs(job.plan.rule.preparation.scale)};
  if (clipped) p.clip = job.plan.rule.preparation.clip;
  rows::walk<T> from(job, begin, end, scratch, 1);
  for (kernels::row<T> row; from.next(row);) {
    const T* g = row.gradients;
    if (row.factor != 1) {
      typed.scale(prepared, g, n, row.factor);
      g = prepared;
    }
    if (p.scale != 1 || !std::isinf(p.clip)) {
      typed.prepare(prepared, g, nullptr, nullptr, nullptr, n, p);
      g = prepared;
    }
    body(from.number(), job.combines() ? from.first() : job.appearances.position(from.first()), g);
  }
}

template <class T>
struct look_region {
  const rows::job<T>& job;
  bool clipped, counts;
  std::size_t parts, scratch;
  T* memory;
  double* sums;          // at the places of rows, 0 elsewhere
  inspection* findings;  // of each part

  static void run_part(void* context, std::size_t index) {
    const look_region& r = *static_cast<const look_region*>(context);
    const auto& typed = kernels::of_type<T>(*r.job.kernels);
    const std::size_t begin = r.job.appearances.edge(index, r.parts), end = r.job.appearances.edge(index + 1, r.parts);
    const std::size_t n = r.job.width();
    T* const scratch = r.memory + index * r.scratch;
    inspection& found = r.findings[index] = {};
    if (r.counts)
      for_each_gradient(r.job, false, begin, end, scratch, [&](std::size_t row, std::size_t, const T* g) {
        std::size_t count = 0;
        typed.count_non_finite(g, n, &count);
        if (count == 0) return;
        const std::size_t first = row * n + static_cast<std::size_t>(std::find_if(g, g + n, [](T x) { return !std::isfinite(x); }) - g);
        found.index = found.non_finite == 0 ? first : std::min(found.index, first);
        found.non_finite += count;
      });
    for_each_gradient(r.job, r.clipped, begin, end, scratch,
                      [&](std::size_t, std::size_t place, const T* g) { r.sums[place] = dense::sum_of_squares(typed, g, n); });
  }
};

double sum_of(const double* sums, std::size_t count) noexcept {
  double sum = 0;
  for (std::size_t k = 0; k < count; ++k) sum = sum + sums[k];
  return sum;
}

}  // namespace

inspection optimizer::state::inspect_table(std::size_t index) {
  named_parameter& p = parameters[index];
  inspection all;
  std::visit(
      [&]<class T>(table_of<T>& t) {
        auto& memory = p.table->scratch.get();
        const std::size_t parts = t.job->parts, scratch = rows::scratch_of(*t.job);
        double* const sums = memory.sums.template get<double>(t.job->appearances.size());
        std::fill_n(sums, t.job->appearances.size(), 0.0);
        look_region<T> r{*t.job,
                         options.clip_order == clip_order::value_then_norms,
                         options.non_finite != non_finite_policy::propagate,
                         parts,
                         scratch,
                         memory.rows.template get<T>(parts * scratch),
                         sums,
                         memory.findings.template get<inspection>(parts)};
        parallel::run(options.how, parts, look_region<T>::run_part, &r);
        for (std::size_t part = 0; part < parts; ++part) {
          const inspection& found = r.findings[part];
          if (found.non_finite > 0) all.index = all.non_finite == 0 ? found.index : std::min(all.index, found.index);
          all.non_finite += found.non_finite;
        }
        p.table->sum_of_squares = sum_of(sums, t.job->appearances.size());
      },
      p.table->typed);
  return all;
}

double optimizer::state::largest_of(const named_parameter& p) const {
  double result = 0;
  std::visit(
      [&]<class T>(const table_of<T>& t) {
        T* const scratch = p.table->scratch.get().rows.template get<T>(rows::scratch_of(*t.job));
        for_each_gradient(*t.job, options.clip_order == clip_order::value_then_norms, 0, t.job->appearances.size(), scratch,
                          [&](std::size_t, std::size_t, const T* g) {
                            for (std::size_t i = 0; i < t.view.width; ++i) result = std::max(result, std::abs(static_cast<double>(g[i])));
                          });
      },
      p.table->typed);
  return result;
}

double optimizer::state::scaled_sum_of(const named_parameter& p, int exponent) const {
  double sum = 0;
  std::visit(
      [&]<class T>(const table_of<T>& t) {
        auto& memory = p.table->scratch.get();
        double* const sums = memory.sums.template get<double>(t.job->appearances.size());
        for_each_gradient(*t.job, options.clip_order == clip_order::value_then_norms, 0, t.job->appearances.size(),
                          memory.rows.template get<T>(rows::scratch_of(*t.job)), [&](std::size_t, std::size_t place, const T* g) {
                            sums[place] = dense::scaled_sum_of_squares(t.view.width, exponent, [g](std::size_t i) { return g[i]; });
                          });
        sum = sum_of(sums, t.job->appearances.size());  // the same places as before: all others are still 0
      },
      p.table->typed);
  return sum;
}

}  // namespace adagrad
