#include "checkpoint/comparison.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "checkpoint/layout.hpp"
#include "checkpoint/selection.hpp"

namespace adagrad::checkpoint {
namespace {

std::string parameter_named(std::string_view name) { return std::string("parameter \"").append(name).append("\""); }

// The rate of a group as it will be asked while the file is compared: that of all may have been supplied.
const schedule& rule_of(const optimizer_contents& mine, const load_options& how, std::size_t group) {
  const schedule& own = schedule_of(mine, group);
  return how.learning_rate && &own == &mine.options->learning_rate ? *how.learning_rate : own;
}

class comparer {
 public:
  comparer(const saved_state& file, const optimizer_contents& mine, const load_options& how, load_report& report)
      : file_(file), mine_(mine), how_(how), report_(report) {}

  void options() {
    if (how_.options == options_after_load::must_match) list_differences("optimizer", file_.options.values, *mine_.options, found_);
    if (how_.options != options_after_load::keep_mine)
      rates("learning_rate", file_.options.learning_rate, file_.learning_rate_text, rule_of(mine_, how_, 0),
            how_.learning_rate.has_value());
    const std::uint64_t calls = (how_.options == options_after_load::from_file ? file_.options.values : *mine_.options).accumulation.calls;
    if (file_.pending_calls >= calls && file_.pending_calls > 0)
      found_.push_back("gradients of " + std::to_string(file_.pending_calls) +
                       " calls are pending in the file, but accumulation.calls is " + std::to_string(calls) +
                       " here: use the options of the file");
  }

  void parameter(const saved_parameter& saved, const kept_parameter& kept) {
    const std::string of = parameter_named(kept.name);
    if (saved.rows.has_value() != (kept.rows != nullptr))
      return found_.push_back(of + " is " + (saved.rows ? "a table in the file, an array here" : "an array in the file, a table here"));
    if (saved.rows) list_differences(of, *saved.rows, *kept.rows, found_);
    if (how_.options == options_after_load::must_match) list_differences(of, saved.options, *kept.options, found_);
    const schedule& rule = rule_of(mine_, how_, kept.group);
    if (how_.options != options_after_load::keep_mine) own_rate(of + ".learning_rate", saved, kept, rule);
    if (how_.options == options_after_load::keep_mine && saved.owed != 0 &&
        (option_text(saved.options) != option_text(*kept.options) || saved.learning_rate_text != option_text(rule, file_.iterations)))
      found_.push_back(of +
                       ": its rows owe for steps with other options or another rate: load with the options of the file and change them "
                       "then, or flush() before saving");
    elements(of, *saved.array(content::parameters), kept);
    state(of, saved, kept);
  }

  // The window of gradients is one for all: what stays cannot be at another place in it.
  void stays(const kept_parameter& kept) {
    if (mine_.options->accumulation.calls == 1 || mine_.pending_calls == file_.pending_calls || !windows_fit_) return;
    windows_fit_ = false;
    found_.push_back(parameter_named(kept.name) + " keeps its state, with gradients of " + std::to_string(mine_.pending_calls) +
                     " calls pending, but in the file it is " + std::to_string(file_.pending_calls) +
                     ": load when as many calls of the window have been made as in the file");
  }

  std::vector<std::string> take() { return std::move(found_); }

 private:
  void own_rate(const std::string& of, const saved_parameter& saved, const kept_parameter& kept, const schedule& rule) {
    const std::string& rate = saved.learning_rate_text;
    if (kept.group == 0) {
      if (rate != file_.learning_rate_text)
        found_.push_back(of + " is " + rate + " in the file, and it is in no group here: add it to a group with that rate, see add_group");
      return;
    }
    rates(of, saved.learning_rate, rate, rule, false);
    // Parameters that share a group here can take one rate from the file, not several.
    const std::string& first = rate_of_group_.emplace(kept.group, rate).first->second;
    if (how_.options == options_after_load::from_file && first != rate)
      found_.push_back(of + " is " + rate + " in the file, and " + first + " for others of its group here: give it a group of its own");
  }

  void rates(const std::string& of, const saved_schedule& saved, const std::string& saved_text, const schedule& rule, bool supplied) {
    const bool must_match = how_.options == options_after_load::must_match || supplied;
    if (!must_match && saved.rule) return;  // the file's will be taken
    const std::string now = option_text(rule, file_.iterations);
    if (now == saved_text || (supplied && !saved.rule && rule(file_.iterations) == saved.custom_rate)) return;
    found_.push_back(of + " is " + saved_text + " in the file, " + now + " here" +
                     (saved.rule ? ""
                                 : ": a schedule of one's own is not in the file, and must give the same rate at iteration " +
                                       std::to_string(file_.iterations) + "; pass it in load_options::learning_rate" +
                                       (of == "learning_rate" ? "" : ", or give it to the group here")));
  }

  // Those of its state go with it in the file, and so they do here.
  void elements(const std::string& of, const tensor& t, const kept_parameter& kept) {
    const kept_array& here = kept.arrays[0];
    if (t.type != element_of(here.type))
      found_.push_back(of + ": \"" + t.name + "\" is " + checkpoint::name(t.type) + " in the file, " +
                       checkpoint::name(element_of(here.type)) + " here");
    std::uint64_t count = 1;
    for (const std::uint64_t n : t.shape) count *= n;  // was checked for overflow
    const bool flat = kept.rows == nullptr && (t.shape.size() <= 1 || kept.options->shape.empty());
    if (flat ? count != here.width : t.shape != shape_of(kept, here))
      found_.push_back(of + ": \"" + t.name + "\" has the shape " + shape_text(t.shape) + " in the file, " +
                       shape_text(shape_of(kept, here)) + " here");
  }

  // Averages and pending gradients begin with nothing in them; sums have what all steps left there.
  void state(const std::string& of, const saved_parameter& saved, const kept_parameter& kept) {
    if (how_.options == options_after_load::from_file) return;  // it has what its options ask for
    for (std::size_t i = 0; i < content_count; ++i) {
      const auto what = static_cast<content>(i);
      const bool here = std::any_of(kept.arrays.begin(), kept.arrays.end(), [&](const kept_array& a) { return a.what == what; });
      if (here && saved.array(what) == nullptr && what == content::gradient_sums)
        found_.push_back(of + ": the file has no \"" + tensor_name(kept.name, what) + "\", which dual averaging goes on from");
      if (!here && saved.array(what) != nullptr) report_.left_out.push_back(saved.array(what)->name);
    }
  }

  const saved_state& file_;
  const optimizer_contents& mine_;
  const load_options& how_;
  load_report& report_;
  std::vector<std::string> found_;
  std::map<std::size_t, std::string> rate_of_group_;
  bool windows_fit_ = true;
};

}  // namespace

std::vector<std::string> compare(const saved_state& file, const optimizer_contents& mine, const load_options& how, load_report& report) {
  const selection chosen(how.parameters);
  comparer all(file, mine, how, report);
  all.options();
  std::set<std::string_view> used;
  for (const kept_parameter& kept : mine.parameters) {
    const saved_parameter* const saved = file.find(kept.name);
    const bool is_chosen = chosen.has(kept.name);
    if (is_chosen && saved == nullptr) report.not_in_file.emplace_back(kept.name);
    if (!is_chosen || saved == nullptr) {
      all.stays(kept);
      continue;
    }
    used.insert(kept.name);
    all.parameter(*saved, kept);
  }
  for (const auto& [name, saved] : file.parameters)
    if (used.count(name) == 0 && chosen.has(name)) report.not_in_optimizer.push_back(name);
  std::vector<std::string> found = all.take();
  if (!how.partial) {
    for (const std::string& name : report.not_in_file) found.push_back(parameter_named(name) + " is not in the file");
    for (const std::string& name : report.not_in_optimizer) found.push_back(parameter_named(name) + " is in the file, but not here");
  }
  return found;
}

replaced_options options_of_file(const saved_state& file, const optimizer_contents& mine, const load_options& how) {
  replaced_options taken{file.options.values, {}, {}};
  if (how.learning_rate) taken.all.learning_rate = *how.learning_rate;
  else if (file.options.learning_rate.rule) taken.all.learning_rate = *file.options.learning_rate.rule;
  else taken.all.learning_rate = mine.options->learning_rate;
  for (const kept_group& group : mine.groups)
    taken.of_groups.push_back(group.learning_rate != nullptr ? std::optional<schedule>(*group.learning_rate) : std::nullopt);
  std::vector<const saved_parameter*> wanted(mine.groups.size());
  for (const kept_parameter& kept : mine.parameters) {
    const saved_parameter* const saved = file.find(kept.name);
    taken.each.push_back(saved != nullptr ? saved->options : *kept.options);
    if (saved != nullptr) wanted[kept.group] = saved;
  }
  // What a group inherits may have changed, so parents come first.
  std::vector<const schedule*> rules{&taken.all.learning_rate};
  for (std::size_t group = 1; group < mine.groups.size(); ++group) {
    std::optional<schedule>& own = taken.of_groups[group];
    rules.push_back(own ? &*own : rules[mine.groups[group].parent]);
    if (wanted[group] == nullptr) continue;
    const auto& of_file = wanted[group]->learning_rate.rule;
    const schedule& rule = of_file ? *of_file : rule_of(mine, how, group);
    if (option_text(*rules[group], file.iterations) != option_text(rule, file.iterations)) rules[group] = &own.emplace(rule);
  }
  return taken;
}

}  // namespace adagrad::checkpoint
