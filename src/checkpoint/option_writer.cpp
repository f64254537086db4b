// Options to text, and what differs between two of them.
#include <charconv>
#include <cmath>

#include "checkpoint/fields.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/option_text.hpp"

namespace adagrad::checkpoint {
namespace {

bool calls_user(const schedule& rule) {
  if (const auto* warmup = std::get_if<linear_warmup>(&rule.rule())) return calls_user(*warmup->after.get());
  return std::holds_alternative<schedule::callable>(rule.rule());
}

class writer {
 public:
  // Where there is a text for the schedule, it is not asked.
  explicit writer(std::uint64_t iterations, const std::string* learning_rate = nullptr)
      : iterations_(iterations), learning_rate_(learning_rate) {}

  void value(double x) {
    if (std::isnan(x)) return word("nan");
    if (std::isinf(x)) return word(x > 0 ? "inf" : "-inf");
    char digits[40];
    const auto end = std::to_chars(digits, digits + sizeof digits, std::abs(x), std::chars_format::hex).ptr;
    word(std::signbit(x) ? "-0x" : "0x");
    text_.append(digits, end);
  }
  void value(bool x) { word(x ? "true" : "false"); }
  template <std::integral Number>
  void value(Number x) {
    text_ += std::to_string(x);
  }
  template <named_choice Choice>
  void value(Choice x) {
    word(names_of<Choice>[static_cast<std::size_t>(x)]);
  }
  template <class T>
  void value(const std::optional<T>& x) {
    x ? value(*x) : word("none");
  }
  template <class List>
    requires requires(const List& list) { *list.begin(), list.size(); }
  void value(const List& list) {
    word("[");
    bool first = true;
    for (const auto& x : list) {
      if (!first) word(",");
      first = false;
      value(x);
    }
    word("]");
  }
  void value(const nested_schedule& rule) { value(*rule.get()); }
  void value(const schedule& rule) {
    if (learning_rate_ != nullptr) return word(*learning_rate_);
    if (calls_user(rule)) {
      word("custom(rate=");
      value(rule(iterations_));
      return word(")");
    }
    std::visit(
        [this]<class Rule>(const Rule& r) {
          if constexpr (schedule_name<Rule> != nullptr) word(schedule_name<Rule>);
          if constexpr (!std::same_as<Rule, schedule::callable>) value(r);
        },
        rule.rule());
  }
  template <class Struct>
    requires requires(const Struct& s) {
      fields(s, [](const char*, const auto&) {});
    }
  void value(const Struct& s) {
    word("(");
    bool first = true;
    fields(s, [&](const char* name, const auto& field) {
      if (!first) word(",");
      first = false;
      word(name);
      word("=");
      value(field);
    });
    word(")");
  }

  std::string take() { return std::move(text_); }

 private:
  void word(std::string_view x) { text_ += x; }

  std::uint64_t iterations_;
  const std::string* learning_rate_;
  std::string text_;
};

template <class Value>
std::string text_of(const Value& value, std::uint64_t iterations = 0) {
  writer w(iterations);
  w.value(value);
  return w.take();
}

// As in a file, but numbers as people read them: the shortest that are read as the same.
template <class Value>
std::string readable(const Value& value) {
  if constexpr (std::same_as<Value, double>) {
    char digits[40];
    return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
  } else {
    return text_of(value);
  }
}

// Both structures are visited side by side: the fields of the first are remembered, in order.
template <class Struct>
void compare(const std::string& of, const Struct& file, const Struct& here, std::vector<std::string>& found) {
  std::vector<const void*> fields_of_file;
  fields(file, [&](const char*, const auto& field) { fields_of_file.push_back(&field); });
  std::size_t next = 0;
  fields(here, [&]<class Field>(const char* name, const Field& now) {
    const Field& before = *static_cast<const Field*>(fields_of_file[next++]);
    if constexpr (std::same_as<Field, schedule>) {  // may be custom, and is compared by who knows that
    } else if constexpr (requires { fields(now, [](const char*, const auto&) {}); }) {
      compare(of + "." + name, before, now, found);
    } else if (text_of(before) != text_of(now)) {
      found.push_back(of + "." + name + " is " + readable(before) + " in the file, " + readable(now) + " here");
    }
  });
}

}  // namespace

std::string option_text(const optimizer_options& options, const std::string& learning_rate) {
  writer w(0, &learning_rate);
  w.value(options);
  return w.take();
}
std::string option_text(const parameter_options& options) { return text_of(options); }
std::string option_text(const row_options& options) { return text_of(options); }
std::string option_text(const schedule& rule, std::uint64_t iterations) { return text_of(rule, iterations); }
std::string number_text(double x) { return text_of(x); }

void list_differences(const std::string& of, const optimizer_options& file, const optimizer_options& here,
                      std::vector<std::string>& found) {
  compare(of, file, here, found);
}
void list_differences(const std::string& of, const parameter_options& file, const parameter_options& here,
                      std::vector<std::string>& found) {
  compare(of, file, here, found);
}
void list_differences(const std::string& of, const row_options& file, const row_options& here, std::vector<std::string>& found) {
  compare(of, file, here, found);
}

}  // namespace adagrad::checkpoint
