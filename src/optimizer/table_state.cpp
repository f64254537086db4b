// What tables remember of their rows between steps: debts of lazy terms, and when they are paid; counts of calls.
#include <algorithm>

#include "optimizer/state.hpp"
#include "parallel/region.hpp"
#include "validate/fail.hpp"
#include "validate/table.hpp"

namespace adagrad {
namespace {

// All rows of a table pay what they owe.
template <class T>
struct flush_region {
  const table_of<T>& t;
  const table_care<T>& care;
  const T* accumulators;
  std::size_t parts;
  static void run_part(void* context, std::size_t index) {
    const flush_region& r = *static_cast<const flush_region*>(context);
    const auto [begin, end] = parallel::part(r.t.view.rows, r.parts, index, 64);
    for (std::size_t row = begin; row < end; ++row)
      if (!r.t.plan.padding_index || row != static_cast<std::size_t>(*r.t.plan.padding_index))
        r.care.pay(row, r.t.view.data + row * r.t.view.stride, r.accumulators + row * (r.t.plan.rowwise ? 1 : r.t.view.width));
  }
};

// Debts that are so many steps at one rate; those of the others are sums of rates, which stay what they are when the rate changes.
bool owes_steps(lazy_term lazy) { return lazy == lazy_term::l2 || lazy == lazy_term::elastic_net; }

}  // namespace

bool optimizer::state::pays_otherwise(const parameter_options& a, const parameter_options& b) noexcept {
  return a.rule.weight_decay != b.rule.weight_decay || a.rule.proximal_l1 != b.rule.proximal_l1 ||
         a.rule.proximal_l2 != b.rule.proximal_l2 || a.rule.epsilon != b.rule.epsilon ||
         a.rule.epsilon_placement != b.rule.epsilon_placement || a.rule.constraint.kind != b.rule.constraint.kind ||
         a.learning_rate_multiplier != b.learning_rate_multiplier;
}

const schedule& optimizer::state::schedule_of(std::size_t group) const noexcept {
  while (group != 0 && !groups[group].learning_rate) group = groups[group].parent;
  return group == 0 ? options.learning_rate : *groups[group].learning_rate;
}

bool optimizer::state::has_constant_rate(std::size_t group) const noexcept {
  return std::holds_alternative<double>(schedule_of(group).rule());
}

void optimizer::state::prepare_rate(std::size_t group, const schedule& learning_rate) {
  const auto follows = [&](std::size_t of) {
    while (of != group && of != 0 && !groups[of].learning_rate) of = groups[of].parent;
    return of == group;
  };
  const bool constant = std::holds_alternative<double>(learning_rate.rule());
  for (const named_parameter& p : parameters)
    if (p.table != nullptr && follows(p.group)) validate::lazy_rate(p.table->options.lazy, constant, p.name);
  for (named_parameter& p : parameters)
    if (p.table != nullptr && follows(p.group) && owes_steps(p.table->options.lazy)) flush(p);
}

void optimizer::state::flush() {
  prepare_arrays();
  for (named_parameter& p : parameters)
    if (p.table != nullptr) flush(p);
}

void optimizer::state::flush(named_parameter& p) {
  table& all = *p.table;
  if (all.debts.owed == 0) return;         // nothing is lazy, or there was no step
  if (!written_current) check_overlaps();  // arrays changed places since
  std::visit(
      [&]<class T>(const table_of<T>& t) {
        // Where the rate matters it is a number, and debts are paid before it changes.
        const auto* rate = std::get_if<double>(&schedule_of(p.group).rule());
        const table_care<T> care = make_care<T>(p, rate != nullptr ? *rate * p.options->learning_rate_multiplier : 0);
        const std::size_t parts = std::clamp<std::size_t>(parallel::ways(options.how, 3 * sizeof(T) * t.view.rows * t.view.width), 1,
                                                          std::max<std::size_t>(1, t.view.rows));
        flush_region<T> r{t, care, std::get<dense::work<T>>(p.work).accumulators, parts};
        parallel::run(options.how, parts, flush_region<T>::run_part, &r);
      },
      all.typed);
  std::fill(all.debts.paid.begin(), all.debts.paid.end(), 0.0);
  all.debts.owed = 0;
}

std::vector<std::uint64_t>& optimizer::state::row_counts(const parameter_key& which) {
  const named_parameter& p = parameters[find(which)];
  if (p.table == nullptr || p.table->options.counter_halflife == 0)
    validate::fail(p.name, "it has no row counts: they are kept for tables with counter_halflife");
  return p.table->counts;
}

void optimizer::state::set_row_counts(const parameter_key& which, std::span<const std::uint64_t> counts) {
  auto& kept = row_counts(which);
  if (counts.size() != kept.size())
    validate::fail(parameters[find(which)].name, "counts has " + std::to_string(counts.size()) + " elements in place of " +
                                                     std::to_string(kept.size()) + ": pass one for each row, as row_counts gives them");
  std::ranges::copy(counts, kept.begin());
}

}  // namespace adagrad
