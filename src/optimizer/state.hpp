// What an optimizer knows, and how a step runs over it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "adagrad/optimizer.hpp"
#include "dense/sweep.hpp"
#include "optimizer/arena.hpp"
#include "optimizer/contents.hpp"
#include "optimizer/memory_map.hpp"
#include "optimizer/table.hpp"
#include "optimizer/tiles.hpp"
#include "validate/shape.hpp"

namespace adagrad {

// A constraint on norms.
struct norm_constraint {
  validate::norm_layout layout;
  std::variant<validate::norm_bounds<float>, validate::norm_bounds<double>> bounds;
};

// Arrays and rule of one parameter; without gradients, their pointer is null. Of a table `work` has the accumulators and their number, and never gradients.
struct named_parameter {
  const std::string* name;
  std::variant<dense::work<float>, dense::work<double>> work;
  std::shared_ptr<const parameter_options> options;
  std::shared_ptr<const norm_constraint> norms;  // null for none
  std::unique_ptr<adagrad::table> table;         // null for all others
  std::size_t group;                             // whose rate it has
  double clip_factor = 1;                        // of this step
  // What a step must look at besides the plan: dual averaging, moving averages, gradients to zero, clipping by norms, pending ones.
  bool special = false;
  bool filled = false;             // the arrays exist and have been given their initial value
  bool gradients_checked = false;  // their place is known to overlap nothing that is written
  bool averaging = false;          // the moving average has begun
  bool gathered = false;           // gradients of this window are pending
  bool half_loaded = false;        // a load stopped while it wrote them
};

// What a parameter takes from its options: worked out while that can still fail, then exchanged with what it has.
template <class T>
struct adoption {
  std::shared_ptr<const parameter_options> options{};
  validate::plan<T> plan{};
  std::shared_ptr<const norm_constraint> norms{};
  bool special = false;
  // Of a table, whose norms are those of rows.
  std::optional<validate::row_plan<T>> rows{};
  std::optional<validate::norm_bounds<T>> row_norms{};
};

// Parameters with options and perhaps a schedule in common. The first is that of the defaults.
struct parameter_group {
  std::string name;
  std::shared_ptr<const parameter_options> options;
  std::optional<schedule> learning_rate;  // empty: that of the parent
  std::size_t parent;                     // comes before it
};

// The result of looking at all gradients before anything is written.
struct inspection {
  std::uint64_t non_finite = 0;
  std::size_t parameter = 0, index = 0;  // of the first
  double global_norm = 0;
};

struct __attribute__((visibility("hidden"))) optimizer::state {
  optimizer_options options;  // the executor of `how`, if any, is the copy below
  executor pool{};
  std::uint64_t iterations = 0;
  std::uint64_t calls = 0;      // of the present accumulation window
  mutable bool asking = false;  // a schedule is being asked: it must not call back
  bool half_loaded = false;     // a load stopped in the middle: nothing goes on until one succeeds

  std::map<std::string, std::size_t, std::less<>> index_of;  // its nodes hold the names
  std::vector<named_parameter> parameters;
  std::vector<parameter_group> groups;
  std::vector<arena> arenas;
  std::size_t floats = 0;  // how many parameters are float
  bool products = false;   // some rate is multiplied before it is rounded: parameters are checked one by one
  bool any_norms = false;  // some parameter has a constraint on norms
  bool any_tables = false;

  // What follows from the above, and whether it still does. A step brings all of it up to date before it writes.
  tile_list tiles;                 // of the parameters with gradients
  memory_map written;              // parameters, state, gradients that are set to zero
  std::size_t written_ranges = 0;  // how many of those there can be
  bool tiles_current = true, written_current = true, gradients_checked = true, all_filled = true;

  // Room that a step needs, so that it allocates nothing.
  tile_list norm_tiles;  // in tiles of norms, of the parameters that are looked at first
  std::vector<double> tile_sums, rates;
  std::vector<std::size_t> first_sums;  // of each parameter
  std::vector<inspection> findings;     // by each part
  bool norm_tiles_current = false;

  // add.cpp, groups.cpp
  template <class T>
  std::size_t add(std::string name, std::span<T> array, std::span<const T> gradients, std::shared_ptr<const parameter_options> options,
                  std::size_t group);
  std::shared_ptr<const parameter_options> changed(std::size_t group, const std::function<void(parameter_options&)>& change) const;
  std::size_t find_group(std::string_view name) const;
  void add_group(std::string name, const std::function<void(parameter_options&)>& change, std::optional<schedule> learning_rate,
                 std::string_view parent);
  void change_options(const parameter_key& which, const std::function<void(parameter_options&)>& change);
  void check_name(const std::string& name) const;
  std::size_t insert(std::string name, named_parameter added);
  // Changes nothing.
  template <class T>
  adoption<T> make_adoption(const named_parameter& parameter, std::shared_ptr<const parameter_options> with, const std::string* name) const;
  template <class T>
  static void exchange(named_parameter& parameter, adoption<T>& with) noexcept;
  // Both; changes nothing when it throws.
  template <class T>
  void adopt(named_parameter& parameter, std::shared_ptr<const parameter_options> with, const std::string* name);

  // tables.cpp, table_state.cpp
  template <class T>
  std::size_t add_table(std::string name, rows_view<T> view, const row_options& rows, std::shared_ptr<const parameter_options> with,
                        std::size_t group);
  template <class T>
  void set_table(const parameter_key& which, rows_view<T> view);
  template <class T, class Gradients>
  void set_row_gradients(const parameter_key& which, const Gradients& gradients);
  const schedule& schedule_of(std::size_t group) const noexcept;
  bool has_constant_rate(std::size_t group) const noexcept;
  // What pays the debts of a table, in a step at this rate or apart from steps.
  template <class T>
  table_care<T> make_care(named_parameter& parameter, double rate);
  // Before the schedule of a group changes: what tables owe at a constant rate is paid; refuses one that their lazy terms do not go with.
  void prepare_rate(std::size_t group, const schedule& learning_rate);
  void flush();
  void flush(named_parameter& parameter);
  // Whether rows of a lazy table must pay before options change.
  static bool pays_otherwise(const parameter_options& a, const parameter_options& b) noexcept;
  std::vector<std::uint64_t>& row_counts(const parameter_key& which);
  void set_row_counts(const parameter_key& which, std::span<const std::uint64_t> counts);

  // change.cpp
  std::size_t find(const parameter_key& which) const;
  // The parameter's arrays; throws when it has another type.
  template <class T>
  dense::work<T>& work_of(std::size_t index);
  template <class T>
  void set_parameters(const parameter_key& which, std::span<T> array);
  template <class T>
  void set_gradients(const parameter_key& which, std::span<const T> gradients);
  void detach_gradients(const parameter_key& which);
  template <class T>
  std::span<const T> state_of(const parameter_key& which, state_array array);
  template <class T>
  T* array_of(const named_parameter& parameter, const dense::work<T>& work, state_array array);
  template <class T>
  void set_state(const parameter_key& which, state_array array, std::span<const T> values);
  void use_averages();
  void reset();
  void set_threading(const threading& new_how);

  // rates.cpp: the rates of the step at the present iteration; throws when one is bad.
  void ask_rates(std::vector<double>& of_groups) const;
  double rate_of(const named_parameter& parameter, const std::vector<double>& of_groups) const {
    return of_groups[parameter.group] * parameter.options->learning_rate_multiplier;
  }

  // prepare.cpp: everything that a step needs, see the flags above; the arrays, all of them.
  void prepare();
  void prepare_arrays();
  void check_overlaps();

  step_report step();
  void must_be_whole() const;  // step.cpp: refuses what a load has left half written

 private:
  struct region;
  struct inspector;
  void allocate_arrays();
  void check_gradients(const named_parameter& parameter, std::size_t index) const;
  [[noreturn]] void fail_overlap(const memory_range& a, const memory_range& b) const;
  // Of all parameters, or of those that have gradients.
  enum class listed { all, with_gradients };
  void list_tiles(listed which) noexcept;
  void fill_arrays();
  void list_norm_tiles();

  // tables.cpp: checks what changes from step to step, puts rows in order; moves them; takes note.
  void prepare_tables();
  unsigned run_tables();

  // inspect.cpp, inspect_tables.cpp
  inspection inspect_table(std::size_t index);
  double largest_of(const named_parameter& parameter) const;
  double scaled_sum_of(const named_parameter& parameter, int exponent) const;
  bool clips_by_norm(const named_parameter& parameter) const noexcept;
  bool looks_at_gradients(const named_parameter& parameter) const noexcept;  // where it has any
  bool is_inspected(const named_parameter& parameter) const noexcept;
  inspection inspect(bool moves);

  // moment.cpp
  template <class T>
  dense::moment<T> moment_of(const named_parameter& parameter, const dense::work<T>& work) const;
  std::uint64_t averaged_steps() const noexcept;

  // step.cpp
  enum class work_kind : unsigned char {
    move,
    gather,   // gradients to the pending ones
    discard,  // what a skipped step leaves
    finish,   // averages and constraints of a call that moves nothing
    average,  // where a constraint on norms came between
  };
  unsigned run(work_kind kind);
  void constrain_norms();
  void remember(bool moves, bool finishes) noexcept;

  unsigned parts(const tile_list& of, std::size_t bytes_for_each) const noexcept;
  // Calls body(parameter, first element, end) for each piece of part `index` of `parts` of a list.
  template <class Body>
  void for_each_piece(const tile_list& of, std::size_t index, std::size_t parts, const Body& body) const;
};

template <class T>
inline constexpr const char* type_name = sizeof(T) == 4 ? "float" : "double";

template <class T>
memory_range bytes_of(const T* array, std::size_t count, std::size_t parameter, array_role role) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(array);
  return {{begin, array == nullptr ? begin : begin + count * sizeof(T)}, parameter, role};
}

// The parameter's elements; of a table with gaps, those too.
inline memory_range elements_of(const named_parameter& p, std::size_t index) noexcept {
  if (p.table != nullptr)
    return std::visit(
        [&]<class T>(const table_of<T>& t) {
          const std::size_t count = t.view.rows == 0 ? 0 : (t.view.rows - 1) * t.view.stride + t.view.width;
          return bytes_of(t.view.data, count, index, array_role::parameters);
        },
        p.table->typed);
  return std::visit([&](const auto& work) { return bytes_of(work.parameters, work.count, index, array_role::parameters); }, p.work);
}

inline memory_range gradients_of(const named_parameter& p, std::size_t index) noexcept {
  return std::visit([&](const auto& work) { return bytes_of(work.gradients, work.count, index, array_role::gradients); }, p.work);
}

// Calls body(range) for each array that is read as the gradients of a parameter.
template <class Body>
void for_each_read(const named_parameter& p, std::size_t index, const Body& body) {
  if (p.table == nullptr) return body(gradients_of(p, index));
  const auto read = [&]<class E>(const E* array, std::size_t count) { body(bytes_of(array, count, index, array_role::gradients)); };
  const auto numbers = [&](const row_indices& i) { read(static_cast<const char*>(i.data()), i.size() * (i.wide() ? 8 : 4)); };
  const auto rows = [&]<class T>(const rows_view<const T>& v) {
    if (v.rows > 0) read(v.data, (v.rows - 1) * (v.stride != 0 ? v.stride : v.width) + v.width);
  };
  std::visit(
      [&]<class T>(const table_of<T>& t) {
        if (const auto* g = std::get_if<row_gradients<T>>(&t.gradients)) {
          numbers(g->indices);
          rows(g->values);
        } else if (const auto* b = std::get_if<bag_gradients<T>>(&t.gradients)) {
          numbers(b->indices);
          numbers(b->offsets);
          rows(b->gradients);
          read(b->weights.data(), b->weights.size());
        }
      },
      p.table->typed);
}

// Calls body(pointer, role, is needed) for each array that the optimizer keeps for a parameter.
template <class T, class Body>
void for_each_array(dense::work<T>& work, const parameter_options& options, bool accumulates_gradients, const Body& body) {
  body(work.accumulators, array_role::accumulators, true);
  body(work.gradient_sums, array_role::gradient_sums, options.method == method::dual_averaging);
  body(work.averages, array_role::averages, options.average.enabled);
  body(work.pending, array_role::pending_gradients, accumulates_gradients);
}

}  // namespace adagrad
