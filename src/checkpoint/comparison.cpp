#include "checkpoint/comparison.hpp"

#include <algorithm>
#include <set>

#include "checkpoint/layout.hpp"
#include "checkpoint/selection.hpp"

namespace adagrad::checkpoint {
namespace {

std::string text(const std::vector<std::uint64_t>& shape) {
  std::string all = "[";
  for (const std::uint64_t n : shape) all += (all.size() > 1 ? ", " : "") + std::to_string(n);
  return all + "]";
}

std::string parameter_named(std::string_view name) { return std::string("parameter \"").append(name).append("\""); }

// Of a group, with other options.
std::string rate_text(const replaced_options& with, const optimizer_contents& mine, std::size_t group, std::uint64_t iterations) {
  while (group != 0 && !with.of_groups[group]) group = mine.groups[group].parent;
  return option_text(group == 0 ? with.all.learning_rate : *with.of_groups[group], iterations);
}

class comparer {
 public:
  comparer(const saved_state& file, const optimizer_contents& mine, const load_options& how, load_report& report)
      : file_(file), mine_(mine), how_(how), report_(report) {}

  void options() {
    if (how_.options == options_after_load::must_match) list_differences("optimizer", file_.options.values, *mine_.options, found_);
    if (how_.options != options_after_load::keep_mine)
      rates("learning_rate", file_.options.learning_rate, file_.learning_rate_text,
            how_.learning_rate ? *how_.learning_rate : mine_.options->learning_rate, how_.learning_rate.has_value());
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
    const schedule& rule = kept.group == 0 && how_.learning_rate ? *how_.learning_rate : schedule_of(mine_, kept.group);
    if (how_.options != options_after_load::keep_mine && kept.group != 0)
      rates(of + ".learning_rate", saved.learning_rate, saved.learning_rate_text, rule, false);
    if (how_.options == options_after_load::keep_mine && saved.owed != 0 &&
        (option_text(saved.options) != option_text(*kept.options) || saved.learning_rate_text != option_text(rule, file_.iterations)))
      found_.push_back(of +
                       ": its rows owe for steps with other options or another rate: load with the options of the file and change them "
                       "then, or flush() before saving");
    for (std::size_t what = 0; what < content_count; ++what) array(of, saved, kept, static_cast<content>(what));
  }

  // The window of gradients is one for all: what stays cannot be at another place in it.
  void stays(const kept_parameter& kept) {
    if (mine_.options->accumulation.calls == 1 || mine_.pending_calls == file_.pending_calls || !windows_fit_) return;
    windows_fit_ = false;
    found_.push_back(parameter_named(kept.name) + " keeps its state, with gradients of " + std::to_string(mine_.pending_calls) +
                     " calls pending, but in the file it is " + std::to_string(file_.pending_calls) +
                     ": load when as many calls of the window have been made as in the file");
  }

  // Each parameter must end with the rate that it has in the file: here, a group has one for all that are in it.
  void groups(const replaced_options& taken) {
    for (const kept_parameter& kept : mine_.parameters) {
      const saved_parameter* const saved = file_.find(kept.name);
      if (saved == nullptr || kept.group == 0 || !saved->learning_rate.rule) continue;
      if (const std::string now = rate_text(taken, mine_, kept.group, file_.iterations); now != saved->learning_rate_text)
        found_.push_back(parameter_named(kept.name) + ".learning_rate is " + saved->learning_rate_text +
                         " in the file, but others of its group \"" + std::string(mine_.groups[kept.group].name) + "\" have " + now +
                         ": put it into a group of its own");
    }
  }

  std::vector<std::string> take() { return std::move(found_); }

 private:
  void rates(const std::string& of, const saved_schedule& saved, const std::string& saved_text, const schedule& rule, bool supplied) {
    const bool must_match = how_.options == options_after_load::must_match || supplied;
    if (!must_match && saved.rule) return;  // the file's will be taken
    const std::string now = option_text(rule, file_.iterations);
    if (now == saved_text) return;
    found_.push_back(of + " is " + saved_text + " in the file, " + now + " here" +
                     (saved.rule ? ""
                                 : ": a schedule of one's own is not in the file, and must give the same rate at iteration " +
                                       std::to_string(file_.iterations) + "; pass it in load_options::learning_rate"));
  }

  // Whatever the file has must have the right form: its options may ask for arrays that are not here yet.
  void array(const std::string& of, const saved_parameter& saved, const kept_parameter& kept, content what) {
    const bool here = std::any_of(kept.arrays.begin(), kept.arrays.end(), [&](const kept_array& a) { return a.what == what; });
    const tensor* const t = saved.array(what);
    if (t == nullptr) {
      // Averages and pending gradients begin with nothing in them; sums have what all steps left there.
      if (here && what == content::gradient_sums && how_.options != options_after_load::from_file)
        found_.push_back(of + ": the file has no \"" + tensor_name(kept.name, what) + "\", which dual averaging goes on from");
      return;
    }
    if (!here && how_.options == options_after_load::keep_mine) report_.left_out.push_back(t->name);
    const kept_array expected = form_of(kept, what);
    if (t->type != element_of(expected.type))
      found_.push_back(of + ": \"" + t->name + "\" is " + checkpoint::name(t->type) + " in the file, " +
                       checkpoint::name(element_of(expected.type)) + " here");
    std::uint64_t count = 1;
    for (const std::uint64_t n : t->shape) count *= n;  // was checked for overflow
    const bool flat = kept.rows == nullptr && (t->shape.size() <= 1 || kept.options->shape.empty());
    if (flat ? count != expected.rows * expected.width : t->shape != shape_of(kept, expected))
      found_.push_back(of + ": \"" + t->name + "\" has the shape " + text(t->shape) + " in the file, " + text(shape_of(kept, expected)) +
                       " here");
  }

  // Of an array that may not be here: as the accumulators, unless it is one of numbers for rows.
  static kept_array form_of(const kept_parameter& kept, content what) {
    if (what == content::row_counts) return {what, content_type::u64, nullptr, kept.arrays[0].rows, 1, 1};
    if (what == content::row_payments) return {what, content_type::f64, nullptr, kept.arrays[0].rows, 1, 1};
    return kept.arrays[what == content::parameters ? 0 : 1];
  }

  const saved_state& file_;
  const optimizer_contents& mine_;
  const load_options& how_;
  load_report& report_;
  std::vector<std::string> found_;
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
  if (how.options == options_after_load::from_file) all.groups(options_of_file(file, mine, how));
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
  std::vector<const saved_parameter*> first(mine.groups.size());
  for (const kept_parameter& kept : mine.parameters) {
    const saved_parameter* const saved = file.find(kept.name);
    taken.each.push_back(saved != nullptr ? saved->options : *kept.options);
    if (first[kept.group] == nullptr) first[kept.group] = saved;
  }
  // Groups come behind those that they are part of. One that inherits the right rate goes on to inherit it.
  for (std::size_t g = 1; g < first.size(); ++g)
    if (first[g] != nullptr && first[g]->learning_rate.rule && rate_text(taken, mine, g, file.iterations) != first[g]->learning_rate_text)
      taken.of_groups[g] = *first[g]->learning_rate.rule;
  return taken;
}

}  // namespace adagrad::checkpoint
