#include "checkpoint/consistency.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "checkpoint/layout.hpp"
#include "checkpoint/text.hpp"

namespace adagrad::checkpoint {
namespace {

// NaN comes from gradients that were NaN.
constexpr allowed_values sums{"a sum of squares is at least 0", 0, std::numeric_limits<double>::infinity(), true};

class checker {
 public:
  checker(const header& h, const saved_state& state) : h_(h), state_(state), values_(h.tensors.size()) {
    for (const char* const own :
         {key::format, key::version, key::iterations, key::pending_calls, key::options, key::learning_rate, key::digest})
      strings_.insert(own);
    for (const tensor& t : h.tensors) strings_.insert(key::digest_of(t.name));
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
    for (const auto& [name, p] : state_.parameters) parameter(name, p);
    for (const auto& string : h_.metadata)
      if (strings_.count(string.first) == 0)
        throw checkpoint_error("the metadata " + checkpoint::quoted(string.first) + " is of nothing that the file has");
    return std::move(values_);
  }

 private:
  using sizes = std::vector<std::uint64_t>;

  void parameter(const std::string& name, const saved_parameter& p) {
    const tensor& elements = *p.array(content::parameters);
    if (elements.type == element::u64) throw checkpoint_error(checkpoint::quoted(elements.name) + " is U64: parameters are F32 or F64");
    if (p.rows && (elements.shape.empty() || elements.shape.size() > 2))
      throw checkpoint_error(checkpoint::quoted(elements.name) + " has " + std::to_string(elements.shape.size()) +
                             " axes: a table has rows, and perhaps columns");
    const sizes rows = p.rows ? sizes{elements.shape[0]} : sizes{};
    const bool counts = p.rows && p.rows->counter_halflife > 0, lazy = p.rows && p.rows->lazy != lazy_term::none;
    const auto there = [&](content what, bool asked) { return asked && p.array(what) != nullptr; };
    const auto check = [&](content what, bool asked, element type, const sizes& shape, const allowed_values& values = {}) {
      expect(tensor_name(name, what), p.array(what), asked, type, shape, values);
    };
    check(content::accumulators, true, elements.type, p.rows && p.rows->accumulators == row_accumulators::rowwise ? rows : elements.shape,
          sums);
    check(content::gradient_sums, p.options.method == method::dual_averaging, elements.type, elements.shape);
    check(content::averages, there(content::averages, p.options.average.enabled), elements.type, elements.shape);
    check(content::pending_gradients, there(content::pending_gradients, state_.options.values.accumulation.calls > 1), elements.type,
          elements.shape);
    check(content::row_counts, counts, element::u64, rows);
    check(content::row_payments, lazy, element::f64, rows, lazy ? payments(name, p) : allowed_values{});
    strings_.insert({key::parameter(name, "options"), key::parameter(name, "learning_rate")});
    if (p.rows) strings_.insert(key::parameter(name, "rows"));
    if (lazy) strings_.insert(key::parameter(name, "owed"));
  }

  static allowed_values payments(const std::string& name, const saved_parameter& p) {
    const bool decays = p.rows->lazy == lazy_term::decoupled_decay;  // owes logarithms of factors
    if (decays ? !(p.owed <= 0) : !(p.owed >= 0))
      throw checkpoint_error("rows of " + checkpoint::quoted(name) + " owe " + number_text(p.owed) + ", which must be " +
                             (decays ? "at most 0" : "at least 0"));
    return {"a row has paid something from 0 to all that is owed", std::min(p.owed, 0.0), std::max(p.owed, 0.0)};
  }

  void expect(const std::string& name, const tensor* t, bool asked, element type, const sizes& shape, const allowed_values& values) {
    const std::string shown = checkpoint::quoted(name);
    if ((t != nullptr) != asked)
      throw checkpoint_error(asked ? "it has no " + shown + ", which its options ask for"
                                   : "it has " + shown + ", which its options do not ask for");
    if (t == nullptr) return;
    if (t->type != type)
      throw checkpoint_error(shown + " is " + checkpoint::name(t->type) + ", and must be " + checkpoint::name(type) +
                             " to go with its parameter");
    if (t->shape != shape)
      throw checkpoint_error(shown + " has the shape " + shape_text(t->shape) + ", and must have " + shape_text(shape) +
                             " to go with its parameter");
    values_[static_cast<std::size_t>(t - h_.tensors.data())] = values;
  }

  const header& h_;
  const saved_state& state_;
  std::vector<allowed_values> values_;
  std::set<std::string> strings_;
};

}  // namespace

std::vector<allowed_values> check_consistency(const header& h, const saved_state& state) { return checker(h, state).all(); }

}  // namespace adagrad::checkpoint
