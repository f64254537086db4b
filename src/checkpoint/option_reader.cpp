// Text to options. Strict: every field, in order, nothing else; numbers in the one way in which they are written; the depth of schedules is bounded.
#include <charconv>
#include <limits>

#include "checkpoint/fields.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/option_text.hpp"
#include "checkpoint/text.hpp"

namespace adagrad::checkpoint {
namespace {

constexpr unsigned deepest_warmup = 8;
constexpr std::size_t longest_list = 1 << 20;

class reader {
 public:
  explicit reader(std::string_view text) : text_(text) {}

  void value(double& x) {
    const std::size_t at = at_;
    const bool negative = accept("-");
    if (accept("inf")) x = std::numeric_limits<double>::infinity();
    else if (!negative && accept("nan")) x = std::numeric_limits<double>::quiet_NaN();
    else {
      expect("0x");
      number(x, std::chars_format::hex);
    }
    if (negative) x = -x;
    refuse_other_spelling(at, number_text(x));
  }
  void value(bool& x) {
    x = accept("true");
    if (!x) expect("false");
  }
  template <std::integral Number>
  void value(Number& x) {
    const std::size_t at = at_;
    number(x);
    refuse_other_spelling(at, std::to_string(x));
  }
  template <named_choice Choice>
  void value(Choice& x) {
    const std::string_view name = word();
    for (std::size_t i = 0; i < names_of<Choice>.size(); ++i)
      if (names_of<Choice>[i] == name) return void(x = static_cast<Choice>(i));
    at_ -= name.size();
    fail("a name that belongs here is missing: " + found());
  }
  template <class T>
  void value(std::optional<T>& x) {
    x.reset();
    if (!accept("none")) value(x.emplace());
  }
  template <class T>
  void value(std::vector<T>& list) {
    list.clear();
    expect("[");
    while (!accept("]")) {
      if (!list.empty()) expect(",");
      if (list.size() == longest_list) fail("a list has more than 1048576 entries");
      value(list.emplace_back());
    }
  }
  void value(tensor_shape& x) { x = tensor_shape(std::span<const std::size_t>(short_list<std::size_t>())); }
  void value(norm_axes& x) { x = norm_axes(std::span<const int>(short_list<int>())); }
  void value(nested_schedule& x) {
    schedule inner = 0.0;
    if (++depth_ > deepest_warmup) fail("more than 8 schedules in one another");
    value(inner);
    --depth_;
    x = nested_schedule(std::move(inner));
  }
  void value(schedule& x) {
    if (const std::size_t at = at_; accept("custom(")) {
      if (depth_ > 0) at_ = at, fail("a custom schedule cannot be part of another one");
      expect("rate=");
      value(custom_rate.emplace());
      return expect(")");
    }
    if (!rule<inverse_time, inverse_time_decay, exponential_decay, piecewise_constant_decay, polynomial_decay, cosine_decay,
              cosine_decay_restarts, linear_warmup>(x)) {
      double constant = 0;
      value(constant);
      x = constant;
    }
  }
  template <class Struct>
    requires requires(Struct& s) {
      fields(s, [](const char*, auto&) {});
    }
  void value(Struct& s) {
    expect("(");
    bool first = true;
    fields(s, [&](const char* name, auto& field) {
      if (!first) expect(",");
      first = false;
      expect(name);
      expect("=");
      value(field);
    });
    expect(")");
  }

  void end() const {
    if (at_ != text_.size()) fail("there is more than belongs here: " + found());
  }

  std::optional<double> custom_rate;  // where the schedule was custom

 private:
  // Whichever name comes next, followed by its fields.
  template <class... Rules>
  bool rule(schedule& x) {
    return ([&] {
      const std::size_t at = at_;
      if (!accept(schedule_name<Rules>) || at_ == text_.size() || text_[at_] != '(') return at_ = at, false;
      Rules read;
      value(read);
      x = std::move(read);
      return true;
    }() || ...);
  }
  template <class T>
  std::vector<T> short_list() {
    const std::size_t at = at_;
    std::vector<T> list;
    value(list);
    if (list.size() > 8) at_ = at, fail("a list of axes has more than 8 entries");
    return list;
  }
  template <class Number, class... Format>
  void number(Number& x, Format... format) {
    const char *const from = text_.data() + at_, *const to = text_.data() + text_.size();
    const auto [stopped, problem] = std::from_chars(from, to, x, format...);
    if (problem == std::errc::result_out_of_range) fail("a number is out of range: " + found());
    if (problem != std::errc()) fail("a number belongs here: " + found());
    at_ += static_cast<std::size_t>(stopped - from);
  }
  // What was read since `at` must be what is written for it: no leading zeros, no other exponent.
  void refuse_other_spelling(std::size_t at, const std::string& spelled) {
    if (text_.substr(at, at_ - at) == spelled) return;
    at_ = at;
    fail("a number that is written as " + spelled + " is spelled otherwise: " + found());
  }
  std::string_view word() {
    std::size_t end = at_;
    while (end < text_.size() &&
           (text_[end] == '_' || (text_[end] >= 'a' && text_[end] <= 'z') || (text_[end] >= '0' && text_[end] <= '9')))
      ++end;
    const std::string_view found = text_.substr(at_, end - at_);
    at_ = end;
    return found;
  }
  bool accept(std::string_view token) {
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) fail("\"" + std::string(token) + "\" belongs here: " + found());
  }
  // Names what stands here, for messages.
  std::string found() const {
    constexpr std::size_t longest = 24;
    return at_ == text_.size() ? "it ends" : "there is " + checkpoint::quoted(text_.substr(at_, longest));
  }
  [[noreturn]] void fail(const std::string& what) const { throw bad_text(at_, what); }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned depth_ = 0;
};

template <class Options>
Options read(std::string_view text) {
  reader r(text);
  Options options{};
  r.value(options);
  r.end();
  return options;
}

saved_schedule as_saved(const schedule& rule, const std::optional<double>& custom_rate) {
  return custom_rate ? saved_schedule{{}, *custom_rate} : saved_schedule{rule, 0};
}

}  // namespace

saved_options read_optimizer_options(std::string_view text) {
  reader r(text);
  saved_options saved;
  r.value(saved.values);
  r.end();
  saved.learning_rate = as_saved(saved.values.learning_rate, r.custom_rate);
  return saved;
}

saved_schedule read_schedule(std::string_view text) {
  reader r(text);
  schedule rule = 0.0;
  r.value(rule);
  r.end();
  return as_saved(rule, r.custom_rate);
}

parameter_options read_parameter_options(std::string_view text) { return read<parameter_options>(text); }
row_options read_row_options(std::string_view text) { return read<row_options>(text); }
double read_number(std::string_view text) { return read<double>(text); }
std::uint64_t read_count(std::string_view text) { return read<std::uint64_t>(text); }

}  // namespace adagrad::checkpoint
