#include "checkpoint/comparison.hpp"

#include <algorithm>
#include <map>

#include "checkpoint/layout.hpp"

namespace adagrad::checkpoint {
namespace {

constexpr std::string_view parameter_prefix = "param/";

const std::string* find_string(const header& from, const std::string& name) {
  const auto found = from.metadata.find(name);
  return found == from.metadata.end() ? nullptr : &found->second;
}

// What `read` makes of a string of the metadata.
template <class Read>
auto read_string(const header& from, const std::string& name, const Read& read) {
  const std::string* const text = find_string(from, name);
  if (text == nullptr)
    throw checkpoint_error("its metadata has no \"" + name + "\": it was not written by adagrad::save, or not as a whole");
  try {
    return read(*text);
  } catch (const bad_text& problem) {
    throw checkpoint_error("\"" + name + "\" of its metadata, byte " + std::to_string(problem.at()) + ": " + problem.what());
  }
}

// The rate of a group as it will be asked while the file is compared: that of all may have been supplied.
const schedule& rule_of(const optimizer_contents& mine, const load_options& how, std::size_t group) {
  const schedule& own = schedule_of(mine, group);
  return how.learning_rate && &own == &mine.options->learning_rate ? *how.learning_rate : own;
}

class comparer {
 public:
  comparer(const header& tensors, const saved_state& file, const optimizer_contents& mine, const load_options& how)
      : tensors_(tensors), file_(file), mine_(mine), how_(how) {}

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
    const std::string of = "parameter \"" + saved.name + "\"";
    if (saved.rows.has_value() != (kept.rows != nullptr))
      return found_.push_back(of + " is " + (saved.rows ? "a table in the file, an array here" : "an array in the file, a table here"));
    if (saved.rows) list_differences(of, *saved.rows, *kept.rows, found_);
    if (how_.options == options_after_load::must_match) list_differences(of, saved.options, *kept.options, found_);
    const schedule& rule = rule_of(mine_, how_, kept.group);
    if (how_.options != options_after_load::keep_mine && (kept.group != 0 || saved.learning_rate_text != file_.learning_rate_text))
      rates(of + ".learning_rate", saved.learning_rate, saved.learning_rate_text, rule, false);
    if (how_.options == options_after_load::from_file) shared_rate(saved, kept);
    if (how_.options == options_after_load::keep_mine && saved.owed != 0 &&
        (option_text(saved.options) != option_text(*kept.options) || saved.learning_rate_text != option_text(rule, file_.iterations)))
      found_.push_back(of +
                       ": its rows owe for steps with other options or another rate: load with the options of the file and change them "
                       "then, or flush() before saving");
    // With the options of the file come the arrays that they ask for.
    for (const kept_array& array : kept.arrays)
      if (how_.options != options_after_load::from_file || array.what == content::parameters) arrays(of, kept, array);
  }

  std::vector<std::string> take() { return std::move(found_); }

 private:
  // Parameters that share a group here can take one rate from the file, not several.
  void shared_rate(const saved_parameter& saved, const kept_parameter& kept) {
    const std::string& text =
        rate_of_group_.emplace(kept.group, kept.group == 0 ? file_.learning_rate_text : saved.learning_rate_text).first->second;
    if (text != saved.learning_rate_text)
      found_.push_back("parameter \"" + saved.name + "\".learning_rate is " + saved.learning_rate_text + " in the file, and " + text +
                       " for others of its group here: give it a group of its own");
  }
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

  void arrays(const std::string& of, const kept_parameter& kept, const kept_array& array) {
    const std::string name = tensor_name(kept.name, array.what);
    const tensor* const t = find_tensor(tensors_, name);
    if (t == nullptr) {
      if (array.what != content::averages && array.what != content::pending_gradients)
        found_.push_back(of + ": the file has no \"" + name + "\"");
      return;
    }
    if (t->type != element_of(array.type))
      found_.push_back(of + ": \"" + name + "\" is " + checkpoint::name(t->type) + " in the file, " +
                       checkpoint::name(element_of(array.type)) + " here");
    std::uint64_t count = 1;
    for (const std::uint64_t n : t->shape) count *= n;  // was checked for overflow
    const bool flat = kept.rows == nullptr && (t->shape.size() <= 1 || kept.options->shape.empty());
    if (flat ? count != array.rows * array.width : t->shape != shape_of(kept, array))
      found_.push_back(of + ": \"" + name + "\" has the shape " + shape_text(t->shape) + " in the file, " +
                       shape_text(shape_of(kept, array)) + " here");
  }

  const header& tensors_;
  const saved_state& file_;
  const optimizer_contents& mine_;
  const load_options& how_;
  std::map<std::size_t, std::string> rate_of_group_;
  std::vector<std::string> found_;
};

}  // namespace

saved_state read_state(const header& from) {
  saved_state state;
  state.iterations = read_string(from, key::iterations, read_count);
  state.pending_calls = read_string(from, key::pending_calls, read_count);
  state.options = read_string(from, key::options, read_optimizer_options);
  state.learning_rate_text = read_string(from, key::learning_rate, [](const std::string& text) { return read_schedule(text), text; });
  for (const tensor& t : from.tensors) {
    if (t.name.substr(0, parameter_prefix.size()) != parameter_prefix) continue;
    saved_parameter p;
    p.name = t.name.substr(parameter_prefix.size());
    p.options = read_string(from, key::parameter(p.name, "options"), read_parameter_options);
    const std::string rate = key::parameter(p.name, "learning_rate");
    p.learning_rate = read_string(from, rate, read_schedule);
    p.learning_rate_text = *find_string(from, rate);
    if (const std::string rows = key::parameter(p.name, "rows"); find_string(from, rows) != nullptr)
      p.rows = read_string(from, rows, read_row_options);
    if (p.rows && p.rows->lazy != lazy_term::none) p.owed = read_string(from, key::parameter(p.name, "owed"), read_number);
    state.parameters.push_back(std::move(p));
  }
  return state;
}

const saved_parameter* find_parameter(const saved_state& in, std::string_view name) noexcept {
  const auto found = std::find_if(in.parameters.begin(), in.parameters.end(), [&](const saved_parameter& p) { return p.name == name; });
  return found == in.parameters.end() ? nullptr : &*found;
}

const tensor* find_tensor(const header& in, const std::string& name) noexcept {
  const auto found = std::find_if(in.tensors.begin(), in.tensors.end(), [&](const tensor& t) { return t.name == name; });
  return found == in.tensors.end() ? nullptr : &*found;
}

std::vector<std::string> compare(const header& tensors, const saved_state& file, const optimizer_contents& mine, const load_options& how,
                                 load_report& report) {
  comparer all(tensors, file, mine, how);
  all.options();
  std::vector<bool> used(file.parameters.size());
  for (const kept_parameter& kept : mine.parameters) {
    const saved_parameter* const saved = find_parameter(file, kept.name);
    if (saved == nullptr) {
      report.not_in_file.emplace_back(kept.name);
      continue;
    }
    used[static_cast<std::size_t>(saved - file.parameters.data())] = true;
    all.parameter(*saved, kept);
  }
  for (std::size_t i = 0; i < used.size(); ++i)
    if (!used[i]) report.not_in_optimizer.push_back(file.parameters[i].name);
  std::vector<std::string> found = all.take();
  if (!how.partial) {
    for (const std::string& name : report.not_in_file) found.push_back("parameter \"" + name + "\" is not in the file");
    for (const std::string& name : report.not_in_optimizer) found.push_back("parameter \"" + name + "\" is in the file, but not here");
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
    const saved_parameter* const saved = find_parameter(file, kept.name);
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
