#include "checkpoint/saved_state.hpp"

#include "checkpoint/layout.hpp"
#include "checkpoint/text.hpp"

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
    throw checkpoint_error("its metadata has no " + checkpoint::quoted(name) + ": it was not written by adagrad::save, or not as a whole");
  try {
    return read(*text);
  } catch (const bad_text& problem) {
    throw checkpoint_error(checkpoint::quoted(name) + " of its metadata, byte " + std::to_string(problem.at()) + ": " + problem.what());
  }
}

saved_parameter read_parameter(const header& from, std::string_view name) {
  saved_parameter p;
  p.options = read_string(from, key::parameter(name, "options"), read_parameter_options);
  const std::string rate = key::parameter(name, "learning_rate");
  p.learning_rate = read_string(from, rate, read_schedule);
  p.learning_rate_text = *find_string(from, rate);
  if (const std::string rows = key::parameter(name, "rows"); find_string(from, rows) != nullptr)
    p.rows = read_string(from, rows, read_row_options);
  if (p.rows && p.rows->lazy != lazy_term::none) p.owed = read_string(from, key::parameter(name, "owed"), read_number);
  return p;
}

}  // namespace

saved_state read_state(const header& from) {
  saved_state state;
  state.iterations = read_string(from, key::iterations, read_count);
  state.pending_calls = read_string(from, key::pending_calls, read_count);
  state.options = read_string(from, key::options, read_optimizer_options);
  state.learning_rate_text = read_string(from, key::learning_rate, [](const std::string& text) { return read_schedule(text), text; });
  std::map<std::string_view, const tensor*> unowned;
  for (const tensor& t : from.tensors) {
    unowned.emplace(t.name, &t);
    if (!t.name.starts_with(parameter_prefix)) continue;
    const std::string name = t.name.substr(parameter_prefix.size());
    state.parameters.emplace(name, read_parameter(from, name));
  }
  for (auto& [name, p] : state.parameters) {
    for (std::size_t what = 0; what < content_count; ++what)
      if (const auto found = unowned.find(tensor_name(name, static_cast<content>(what))); found != unowned.end()) {
        p.arrays[what] = found->second;
        unowned.erase(found);
      }
  }
  // What belongs to no parameter would be lost without a word.
  if (!unowned.empty()) throw checkpoint_error(checkpoint::quoted(unowned.begin()->first) + " is an array of no parameter of the file");
  return state;
}

}  // namespace adagrad::checkpoint
