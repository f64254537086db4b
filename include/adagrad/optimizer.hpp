/// The optimizer that a trainer embeds: parameters by name, accumulators, iteration counter, learning-rate schedule.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "adagrad/api.hpp"
#include "adagrad/optimizer_options.hpp"
#include "adagrad/rows.hpp"

namespace adagrad {

/// What became of a call of step.
enum class step_outcome : unsigned char {
  moved,        ///< parameters were updated
  accumulated,  ///< gradients were added up for a later call, see gradient_accumulation
  skipped,      ///< a gradient was not finite, see non_finite_policy::skip
};

/// What a step did.
struct step_report {
  double learning_rate;     ///< the rate that was used: that of parameters without a group of their own schedule
  std::uint64_t iteration;  ///< iterations finished before this one: what the schedule was asked with
  unsigned threads;         ///< threads that ran (with an executor: tasks it was given); 1 where the caller's thread did all
  step_outcome outcome = step_outcome::moved;
  /// Gradients that were not finite, as gradient_scale left them, and the first of them; counted with non_finite_policy::skip only.
  std::uint64_t non_finite = 0;
  std::size_t first_parameter = 0, first_index = 0;  ///< meaningful where non_finite > 0; of a table row * width + column
  /// The norm that global clipping found, 0 where it is off or the call only accumulated.
  double global_norm = 0;
};

/// The arrays that an optimizer keeps for a parameter, each as long as the parameter.
enum class state_array : unsigned char {
  accumulators,
  gradient_sums,      ///< method::dual_averaging
  averages,           ///< moving_average
  pending_gradients,  ///< gradient_accumulation
};

/// A group of parameters, by the name that add_group was given, and what this parameter has otherwise. See optimizer::add_group.
struct in_group {
  std::string name;
  std::function<void(parameter_options&)> change{};
};

/// Says which parameter is meant: its name, or the index that `add` returned, which is found faster.
class parameter_key {
 public:
  parameter_key(const char* name) : name_(name != nullptr ? name : "") {}
  parameter_key(std::nullptr_t) = delete;
  parameter_key(std::string_view name) : name_(name) {}
  parameter_key(const std::string& name) : name_(name) {}
  /// Any whole number, an unscoped enumerator too; not a bool or a character, which are mistakes here.
  template <class Index>
    requires((std::integral<Index> && sizeof(Index) > 1) || (std::is_enum_v<Index> && std::convertible_to<Index, std::size_t>))
  parameter_key(Index index) : index_(static_cast<std::size_t>(index)), by_index_(true), negative_(index < Index{}) {}

  bool by_index() const noexcept { return by_index_; }
  bool negative() const noexcept { return negative_; }
  std::string_view name() const noexcept { return name_; }
  std::size_t index() const noexcept { return index_; }

 private:
  std::string_view name_;  // of the caller, for the length of the call
  std::size_t index_ = 0;
  bool by_index_ = false, negative_ = false;
};

/// Adagrad over any number of named parameter arrays, float and double mixed, as `update` computes it for each of them:
///
///     adagrad::optimizer optimizer({.learning_rate = adagrad::inverse_time{.learning_rate = 0.01, .decay = 1e-6}});
///     optimizer.add("weights", weights, weight_gradients);
///     optimizer.add("biases", biases, bias_gradients);
///     for (...) { ...compute the gradients...; optimizer.step(); }
///
/// - Parameters and gradients belong to the caller, who keeps them alive and in place while they are in use, and may write to them between
///   steps. The optimizer owns the accumulators. Parameters are changed by `step` and use_averages() alone (lazy tables by flush(), and by what makes their rows pay, too); gradients only where zero_gradients is set.
/// - Bad input gives std::invalid_argument with the parameter's name, the value and the remedy in the message. It and std::bad_alloc
///   come before anything is changed: a refused call or step has done nothing.
/// - One optimizer serves one thread at a time; two optimizers are independent. `step` may be called inside a parallel region and in a
///   forked child (an executor's threads do not survive a fork: set_threading without it there). Movable; using a moved-from optimizer
///   throws std::logic_error (destroying it and assigning to it are fine), and so does a schedule that calls the optimizer that asks it.
/// - Beside the arrays it keeps less than 1 KiB for a parameter, less than 2 KiB for one with all that a step can do and options of its own (those of the
///   defaults and of groups are shared), and 2 KiB once (and a page where parameters are added after a step).
class ADAGRAD_API optimizer {
 public:
  explicit optimizer(optimizer_options options = {});
  ~optimizer();
  optimizer(optimizer&&) noexcept;
  optimizer& operator=(optimizer&&) noexcept;

  /// Adds a parameter array, at any time, also between steps. The name is not empty and not in use; lengths agree, 0 included. Empty
  /// gradients for a parameter that is not empty: it has none yet, see detach_gradients. `options` take the place of all the defaults; to
  /// change one of them, start from a copy of defaults().
  /// Returns its index: 0 for the first, then 1, ... Adding takes time in proportion to the parameters there are.
  std::size_t add(std::string name, std::span<float> parameters, std::span<const float> gradients);
  std::size_t add(std::string name, std::span<double> parameters, std::span<const double> gradients);
  std::size_t add(std::string name, std::span<float> parameters, std::span<const float> gradients, const parameter_options& options);
  std::size_t add(std::string name, std::span<double> parameters, std::span<const double> gradients, const parameter_options& options);

  /// With the options of a group, see add_group, and what in_group::change makes of them: in_group{"biases"}, or
  /// in_group{"biases", [](auto& o) { o.initial_accumulator = 1; }}. An empty name is the defaults' group.
  std::size_t add(std::string name, std::span<float> parameters, std::span<const float> gradients, const in_group& group);
  std::size_t add(std::string name, std::span<double> parameters, std::span<const double> gradients, const in_group& group);

  /// Adds an embedding table, which belongs to the caller as parameter arrays do; its gradients come as set_row_gradients. It is one of the parameters: it has a name
  /// and an index among them, options of its own, of the defaults or of a group, and a step moves it with the others: its rows with gradients only
  /// (lazy_term apart). The optimizer keeps rows * width accumulators, or `rows` of them, without gaps.
  ///
  /// Of `options`, a table refuses method::dual_averaging, moving averages, zero_gradients and a shape (and optimizers that accumulate gradients over calls
  /// refuse tables). Constraints on norms look at rows: max_norm(c, {1}) and its like, on the rows of the step. clip_norm and global_clip_norm,
  /// and non_finite_policy, look at the values as duplicate_rule combines them (`sequential`: as they are given), padding left out; the norm
  /// of a table is formed row by row, each in the order of reference::sum_of_squares, added in ascending order of rows (`sequential` and `unique`: of the
  /// indices). The first gradient that is not finite is the one with the lowest row * width + column.
  /// A lazy term refuses accumulator_decay below 1, a second term that could be lazy, and constraints but non_negative() (group lasso: all). A lazy decay with
  /// learning_rate * weight_decay >= 1 stops the step. Rows owe for every step in which the table has gradients, of any rows or none.
  std::size_t add_table(std::string name, rows_view<float> table, const row_options& rows = {});
  std::size_t add_table(std::string name, rows_view<double> table, const row_options& rows = {});
  std::size_t add_table(std::string name, rows_view<float> table, const row_options& rows, const parameter_options& options);
  std::size_t add_table(std::string name, rows_view<double> table, const row_options& rows, const parameter_options& options);
  std::size_t add_table(std::string name, rows_view<float> table, const row_options& rows, const in_group& group);
  std::size_t add_table(std::string name, rows_view<double> table, const row_options& rows, const in_group& group);

  /// Points a table to other memory, of the same number of rows and width.
  void set_table(parameter_key which, rows_view<float> table);
  void set_table(parameter_key which, rows_view<double> table);

  /// The gradients of a table for the next steps, until others are set or detach_gradients takes them away. The arrays are the caller's, who may write to
  /// them between steps; indices are checked by each step, before anything of it is changed.
  void set_row_gradients(parameter_key which, const row_gradients<float>& gradients);
  void set_row_gradients(parameter_key which, const row_gradients<double>& gradients);
  void set_row_gradients(parameter_key which, const bag_gradients<float>& gradients);
  void set_row_gradients(parameter_key which, const bag_gradients<double>& gradients);

  /// Makes all rows of lazy tables pay what they owe: before weights are read, evaluated or saved. A later step goes on as if nothing had been, to
  /// within rounding. Takes a pass over the whole table. Rows also pay when set_learning_rate changes the number of lazy_term::l2 and elastic_net, when
  /// change_options changes what they owe or how it is paid, and before set_accumulators.
  void flush();

  /// For each row of a table with counter_halflife, the steps that touched it: state, to be saved with the accumulators.
  std::span<const std::uint64_t> row_counts(parameter_key which) const;
  void set_row_counts(parameter_key which, std::span<const std::uint64_t> counts);

  /// A group of parameters: the options of `parent` (empty: the defaults) as `change` makes them, and a schedule of its own, or none, which then is the
  /// parent's. The schedule is asked once a step for the whole group. Options are taken over when a parameter is added.
  ///
  ///     optimizer.add_group("no decay", [](adagrad::parameter_options& o) { o.rule.weight_decay = 0; });
  ///     optimizer.add("bias", bias, bias_gradients, adagrad::in_group{"no decay"});
  void add_group(std::string name, std::function<void(parameter_options&)> change = {}, std::optional<schedule> learning_rate = {},
                 std::string_view parent = {});

  /// Changes options of one parameter from the next step on. State stays; arrays that are needed now are added, filled with 0 (a moving average begins at the next
  /// step). A new initial_accumulator counts from the next reset.
  void change_options(parameter_key which, const std::function<void(parameter_options&)>& change);
  /// Weight decay 0 for one parameter (Keras 3's exclude_from_weight_decay). For a group, add one whose change says so.
  void exclude_from_weight_decay(parameter_key which);

  /// Where the parameter or its gradients lie from now on: same length, same type, accumulators stay. An overlap is
  /// found by the next step, which is then refused, so that arrays can change places one call after the other. Gradients may be shared by
  /// several parameters; an array that is written overlaps nothing.
  void set_parameters(parameter_key which, std::span<float> parameters);
  void set_parameters(parameter_key which, std::span<double> parameters);
  void set_gradients(parameter_key which, std::span<const float> gradients);
  void set_gradients(parameter_key which, std::span<const double> gradients);

  /// From now on the parameter has no gradients, until set_gradients: steps leave it and its accumulators wholly alone.
  void detach_gradients(parameter_key which);

  /// One step over all parameters that have gradients, in one parallel region whose threads get equal shares of the bytes:
  /// asks the schedule with iterations(), updates, counts one iteration. (The counter advances at every step, whether anything moved or not; not
  /// when it was skipped; of the calls of gradient_accumulation the last one counts, or all with counting::calls.) In this order, each line where its option is on:
  ///
  ///  1. gradient_scale, and gradients pending from earlier calls       7. accumulate
  ///  2. non_finite: look for infinities and NaN                       8. move, or dual averaging
  ///  3. maximize                                                      9. proximal terms
  ///  4. clipping by value and by norms, in clip_order                10. constraint, moving average, overwriting, in average.position
  ///  5. coupled weight decay, added to the gradient                  11. gradients set to zero
  ///  6. decoupled weight decay                                       12. the counter
  ///
  /// Looking for what is not finite and norms of gradients read all gradients once more before, constraints on norms their parameters after; nothing
  /// else makes a second sweep over memory. Allocates nothing after the first, unless parameters were added or threads set since. What the schedule throws
  /// passes through. Refuses overlapping arrays, a bad rate, and to count beyond 2^64 - 1.
  step_report step();

  /// What the first step does otherwise, before it asks the schedule: refuses overlapping arrays, allocates accumulators that are still missing
  /// (2 MiB or more in all on huge pages where the system gives them, by madvise), and fills them with their initial value, in a parallel
  /// region of its own, on the threads that will use them when all parameters have gradients.
  void prepare();

  /// Steps finished so far: 64 bits, never rounded. Setting it changes what depends on it: the schedule's rate,
  /// dual averaging's t, when averages are written over parameters.
  std::uint64_t iterations() const;
  void set_iterations(std::uint64_t iterations);

  /// Calls of step whose gradients wait for the last call of their window, see gradient_accumulation: below accumulation.calls. To go on where an
  /// earlier run stopped, set them and the pending_gradients.
  std::uint64_t pending_calls() const;
  void set_pending_calls(std::uint64_t calls);

  /// The rate that the next step will use; asks the schedule, and throws where that step would refuse the rate.
  double learning_rate() const;
  /// The same for one parameter: its group's, times its multiplier.
  double learning_rate(parameter_key which) const;
  /// A new schedule from the next step on. The counter stays.
  void set_learning_rate(schedule learning_rate);
  /// For a group, which inherits no rate from then on; "" is as above.
  void set_learning_rate(std::string_view group, schedule learning_rate);

  void set_threading(const threading& how);

  /// The accumulators of a parameter; T is its type (float or double). The memory stays where it is as long as the optimizer, or the one it
  /// was moved to, lives; its contents change with each step.
  template <class T>
    requires(std::same_as<T, float> || std::same_as<T, double>)
  std::span<const T> accumulators(parameter_key which) { return state_of<T>(which, state_array::accumulators); }
  /// Overwrites them, with those of an earlier run for example: same length and type, no NaN, nothing below 0. Add all parameters first: their
  /// accumulators then share one allocation.
  void set_accumulators(parameter_key which, std::span<const float> accumulators);
  void set_accumulators(parameter_key which, std::span<const double> accumulators);

  /// The same for any of the arrays that are kept; refuses one that the parameter's options do not ask for.
  template <class T>
  std::span<const T> state_of(parameter_key which, state_array array);
  void set_state(parameter_key which, state_array array, std::span<const float> values);
  void set_state(parameter_key which, state_array array, std::span<const double> values);

  /// Whether an array of a parameter has anything in it yet: averages from its first step on, pending gradients once a window has some, the others as
  /// soon as the options ask for them. To save and go on as if never stopped, save the arrays that this is true of, and set those alone;
  /// of tables row_counts() too, and after flush() where they are lazy.
  bool has_state(parameter_key which, state_array array) const;

  /// Copies the moving averages over the parameters that have them, to evaluate or to end with (Keras 3's finalize_variable_values).
  void use_averages();

  /// All accumulators at their initial value, no iterations, averages or pending gradients: as after adding. Parameters, gradients and schedule stay;
  /// what rows of lazy tables owe is forgotten (to have it paid, flush() before).
  void reset();

  const parameter_options& defaults() const;                    ///< those of the options it was made with
  const parameter_options& options(parameter_key which) const;  ///< valid until they are changed, or a parameter is added
  std::size_t size() const;                                     ///< how many parameters there are
  bool contains(std::string_view name) const;                   ///< whether a parameter has that name
  std::string_view name(std::size_t index) const;               ///< valid as the memory of accumulators() is
  std::size_t index(std::string_view name) const;               ///< what `add` returned

 private:
  friend struct contents_access;  // of the library: what is saved and loaded
  struct state;
  state& get();
  const state& get() const;
  std::unique_ptr<state> state_;
};

template <>
ADAGRAD_API std::span<const float> optimizer::state_of<float>(parameter_key which, state_array array);
template <>
ADAGRAD_API std::span<const double> optimizer::state_of<double>(parameter_key which, state_array array);

}  // namespace adagrad
