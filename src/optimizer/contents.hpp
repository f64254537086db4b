// All that an optimizer remembers between two steps, as plain data, its arrays in place: what is saved, and where a load writes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adagrad/optimizer.hpp"

namespace adagrad {

// What an array of a parameter holds.
enum class content : unsigned char { parameters, accumulators, gradient_sums, averages, pending_gradients, row_counts, row_payments };
inline constexpr std::size_t content_count = 7;
enum class content_type : unsigned char { f32, f64, u64 };

// `rows` pieces of `width` elements, their beginnings `stride` elements apart.
struct kept_array {
  content what;
  content_type type;
  void* data;
  std::size_t rows, width, stride;
};

struct kept_parameter {
  std::string_view name;
  std::size_t group;
  const parameter_options* options;
  const row_options* rows;         // null: no table
  double owed;                     // by rows that never paid; 0 where nothing is lazy
  bool averaging, gathered;        // averages have begun; gradients are pending
  bool half_loaded;                // a load stopped while it wrote them
  std::vector<kept_array> arrays;  // all that its options ask for, with or without anything in them
};

struct kept_group {
  std::string_view name;
  const parameter_options* options;
  const schedule* learning_rate;  // null: that of the parent
  std::size_t parent;
};

struct optimizer_contents {
  const optimizer_options* options;
  std::uint64_t iterations, pending_calls;
  std::vector<kept_group> groups;
  std::vector<kept_parameter> parameters;
};

// What is not in arrays, for each parameter. One that is not written keeps what it has.
struct restored_parameter {
  bool written = false;
  double owed = 0;
  bool averaging = false, gathered = false;
};

// Options for an optimizer that is there already: one for each parameter, a schedule or none for each group (that of the first is in `all`).
struct replaced_options {
  optimizer_options all;
  std::vector<parameter_options> each;
  std::vector<std::optional<schedule>> of_groups;
};

struct ADAGRAD_API contents_access {
  // Allocates arrays that are still missing. Valid until the optimizer changes. Throws std::logic_error where a load stopped in the middle.
  static optimizer_contents of(optimizer& from);
  // The same for a load, which begins anew.
  static optimizer_contents for_load(optimizer& to);
  // From now to restore(), nothing goes on: arrays may be half written.
  static void begin_writing(optimizer& to, const std::vector<restored_parameter>& parameters) noexcept;
  static bool half_loaded(const optimizer& o) noexcept;
  // Throw std::invalid_argument: a schedule that no optimizer takes; arrays that lie in one another.
  static void check_learning_rate(const schedule& rule);
  static void check_overlaps(optimizer& of);
  // While it lives, schedules may be asked: one that calls the optimizer is refused, as in a step.
  class ADAGRAD_API question {
   public:
    explicit question(optimizer& of);
    ~question();
    question(const question&) = delete;
    question& operator=(const question&) = delete;

   private:
    bool* asking_;
  };
  // Once the arrays have been written: as if the steps behind them had been this optimizer's.
  static void restore(optimizer& to, std::uint64_t iterations, std::uint64_t pending_calls,
                      const std::vector<restored_parameter>& parameters) noexcept;
  // Gives an optimizer other options; threads stay. Without keep(), all is as it was when this ends. What lazy rows owe is left to restore().
  class ADAGRAD_API option_replacement {
   public:
    // Throws std::invalid_argument, with nothing changed, where options do not go together.
    option_replacement(optimizer& of, replaced_options with);
    ~option_replacement();
    option_replacement(const option_replacement&) = delete;
    option_replacement& operator=(const option_replacement&) = delete;
    void keep() noexcept;

   private:
    struct exchanged;
    std::unique_ptr<exchanged> exchanged_;
  };
};

}  // namespace adagrad
