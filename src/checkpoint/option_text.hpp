// Options as text, so that nothing is lost and anybody can read it:
//
//     value    = number | name | "none" | "[" value, value, ... "]" | [name] "(" field=value, field=value, ... ")"
//     number   = digits of a whole number, or a hexadecimal floating-point number as 0x1.8p-3, inf, -inf, nan
//
// Fields come in the order of fields.hpp, all of them. A schedule is a number, or its name with its fields; one that calls user's code is custom(rate=...), the rate
// at the iteration at which it was written.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "adagrad/optimizer_options.hpp"
#include "adagrad/rows.hpp"

namespace adagrad::checkpoint {

// A schedule as a file has it.
struct saved_schedule {
  std::optional<schedule> rule;  // none: custom
  double custom_rate = 0;
};

// The options of the whole optimizer; the learning rate apart, which may be custom.
struct saved_options {
  optimizer_options values;
  saved_schedule learning_rate;
};

std::string option_text(const optimizer_options& options, const std::string& learning_rate);  // its text
std::string option_text(const parameter_options& options);
std::string option_text(const row_options& options);
std::string option_text(const schedule& rule, std::uint64_t iterations);

std::string number_text(double x);

// What is wrong with a text, and at which of its bytes.
class bad_text : public std::runtime_error {
 public:
  bad_text(std::size_t at, const std::string& what) : std::runtime_error(what), at_(at) {}
  std::size_t at() const noexcept { return at_; }

 private:
  std::size_t at_;
};

// Throw bad_text. Whether the values make sense is for the optimizer to say.
saved_options read_optimizer_options(std::string_view text);
parameter_options read_parameter_options(std::string_view text);
row_options read_row_options(std::string_view text);
saved_schedule read_schedule(std::string_view text);
double read_number(std::string_view text);
std::uint64_t read_count(std::string_view text);

// "field is A in the file, B here" for each field that differs; NaN equals NaN.
void list_differences(const std::string& of, const optimizer_options& file, const optimizer_options& here, std::vector<std::string>& found);
void list_differences(const std::string& of, const parameter_options& file, const parameter_options& here, std::vector<std::string>& found);
void list_differences(const std::string& of, const row_options& file, const row_options& here, std::vector<std::string>& found);

}  // namespace adagrad::checkpoint
