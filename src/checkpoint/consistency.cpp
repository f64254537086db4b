#include "checkpoint/consistency.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "checkpoint/layout.hpp"
#include "checkpoint/text.hpp"

namespace adagrad::checkpoint {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

class checker {
 public:
  checker(const header& h, const saved_state& state) : h_(h), state_(state), values_(h.tensors.size()) {
    for (const tensor& t : h.tensors) tensors_.emplace(t.name, &t);
    for (const char* const own :
         {key::format, key::version, key::iterations, key::pending_calls, key::options, key::learning_rate, key::digest})
      strings_.insert(own);
  }

  std::vector<allowed_values> all() {
    const std::string& all = h_.metadata.at(key::options);
    if (all.rfind("(learning_rate=" + state_.learning_rate_text + ",", 0) != 0)
      throw checkpoint_error(std::string("the learning rate in \"") + key::options + "\" of its metadata is not that of \"" +
                             key::learning_rate + "\"");
    const std::uint64_t calls = state_.options.values.accumulation.calls;
    if (state_.pending_calls > 0 && state_.pending_calls >= calls)
      throw checkpoint_error("gradients of " + std::to_string(state_.pending_calls) + " calls are pending in a window of " +
                             std::to_string(calls) + ", which ends with its last call");
    for (const saved_parameter& p : state_.parameters) parameter(p);
    if (!tensors_.empty())
      throw checkpoint_error(checkpoint::quoted(tensors_.begin()->first) +
                             " is an array that neither a parameter nor the options of the file have");
    for (const auto& string : h_.metadata)
      if (strings_.count(string.first) == 0)
        throw checkpoint_error("the metadata " + checkpoint::quoted(string.first) + " is of nothing that the file has");
    return std::move(values_);
  }

 private:
  void parameter(const saved_parameter& p) {
    const tensor& elements = take(p, content::parameters, {});
    if (elements.type == element::u64) throw checkpoint_error(checkpoint::quoted(elements.name) + " is U64: parameters are F32 or F64");
    const auto like = [&](content what, const allowed_values& values = {}) { expect(p, what, elements.type, elements.shape, values); };
    const allowed_values sums{"a sum of squares is at least 0", 0, infinity};
    strings_.insert({key::parameter(p.name, "options"), key::parameter(p.name, "learning_rate")});
    if (p.options.method == method::dual_averaging) like(content::gradient_sums);
    if (p.options.average.enabled && has(p, content::averages)) like(content::averages);
    if (state_.pending_calls > 0 && has(p, content::pending_gradients)) like(content::pending_gradients);
    if (!p.rows) return like(content::accumulators, sums);
    strings_.insert(key::parameter(p.name, "rows"));
    if (elements.shape.empty() || elements.shape.size() > 2)
      throw checkpoint_error(checkpoint::quoted(elements.name) + " has " + std::to_string(elements.shape.size()) +
                             " axes: a table has rows, and perhaps columns");
    const std::vector<std::uint64_t> rows{elements.shape[0]};
    expect(p, content::accumulators, elements.type, p.rows->accumulators == row_accumulators::rowwise ? rows : elements.shape, sums);
    if (p.rows->counter_halflife > 0) expect(p, content::row_counts, element::u64, rows, {});
    if (p.rows->lazy == lazy_term::none) return;
    strings_.insert(key::parameter(p.name, "owed"));
    const bool decays = p.rows->lazy == lazy_term::decoupled_decay;  // owes logarithms of factors
    if (decays ? !(p.owed <= 0) : !(p.owed >= 0))
      throw checkpoint_error("rows of " + checkpoint::quoted(p.name) + " owe " + number_text(p.owed) + ", which must be " +
                             (decays ? "at most 0" : "at least 0"));
    expect(p, content::row_payments, element::f64, rows,
           {"a row has paid something from 0 to all that is owed", std::min(p.owed, 0.0), std::max(p.owed, 0.0)});
  }

  bool has(const saved_parameter& p, content what) const { return tensors_.count(tensor_name(p.name, what)) != 0; }

  // Takes it from the list of those that nobody has asked for.
  const tensor& take(const saved_parameter& p, content what, const allowed_values& values) {
    const std::string name = tensor_name(p.name, what);
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) throw checkpoint_error("it has no " + checkpoint::quoted(name) + ", which its options ask for");
    const tensor& t = *found->second;
    tensors_.erase(found);
    strings_.insert(key::digest_of(name));
    values_[static_cast<std::size_t>(&t - h_.tensors.data())] = values;
    return t;
  }

  void expect(const saved_parameter& p, content what, element type, const std::vector<std::uint64_t>& shape, const allowed_values& values) {
    const tensor& t = take(p, what, values);
    if (t.type != type)
      throw checkpoint_error(checkpoint::quoted(t.name) + " is " + name(t.type) + ", and must be " + name(type) +
                             " to go with its parameter");
    if (t.shape != shape)
      throw checkpoint_error(checkpoint::quoted(t.name) + " has the shape " + shape_text(t.shape) + ", and must have " + shape_text(shape) +
                             " to go with its parameter");
  }

  const header& h_;
  const saved_state& state_;
  std::vector<allowed_values> values_;
  std::map<std::string_view, const tensor*> tensors_;
  std::set<std::string> strings_;
};

}  // namespace

std::vector<allowed_values> check_consistency(const header& h, const saved_state& state) { return checker(h, state).all(); }

}  // namespace adagrad::checkpoint
