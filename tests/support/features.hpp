// What there is to be kept in an optimizer at this moment, by name, so that tests can count what they have covered.
#pragma once

#include <set>
#include <string>

#include "checkpoint/names.hpp"
#include "optimizer/contents.hpp"

namespace adagrad::test {

inline std::string kind_of(const schedule& rule) {
  return std::visit(
      []<class Rule>(const Rule&) -> std::string {
        if constexpr (std::same_as<Rule, double>) return "constant";
        else if constexpr (checkpoint::schedule_name<Rule> != nullptr) return checkpoint::schedule_name<Rule>;
        else return "custom";
      },
      rule.rule());
}

inline std::set<std::string> features(optimizer& of) {
  const optimizer_contents all = contents_access::of(of);
  std::set<std::string> found{"schedule " + kind_of(all.options->learning_rate)};
  const auto note = [&](bool there, const std::string& what) {
    if (there) found.insert(what);
  };
  note(all.options->accumulation.calls > 1, "window");
  note(all.pending_calls > 0, "open window");
  note(all.options->global_clip_norm < 1, "global_clip_norm");
  for (const kept_parameter& p : all.parameters) {
    for (const kept_array& array : p.arrays) {
      note(array.type == content_type::f32, "f32");
      note(array.type == content_type::f64, "f64");
      note(array.what == content::gradient_sums, "dual averaging");
      note(array.what == content::averages && p.averaging, "moving average");
      note(array.what == content::pending_gradients && p.gathered, "pending gradients");
      note(array.what == content::row_counts, "row counts");
      note(array.stride != array.width, "strided table");
    }
    note(p.group != 0, "group");
    note(p.group != 0 && all.groups[p.group].learning_rate != nullptr, "schedule of a group");
    note(p.options->clip_norm < 10, "clip_norm");
    note(p.options->rule.clip_value < 10, "clip_value");
    note(p.options->rule.constraint.kind != constraint_kind::none, "constraint on norms");
    if (p.rows == nullptr) continue;
    found.insert(p.rows->accumulators == row_accumulators::rowwise ? "row-wise" : "element-wise");
    found.insert("duplicates " + std::string(checkpoint::names_of<duplicate_rule>[static_cast<std::size_t>(p.rows->duplicates)]));
    note(p.rows->padding_index.has_value(), "padding");
    note(p.owed != 0, "debts of " + std::string(checkpoint::names_of<lazy_term>[static_cast<std::size_t>(p.rows->lazy)]));
  }
  return found;
}

}  // namespace adagrad::test
