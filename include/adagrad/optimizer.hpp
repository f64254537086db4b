/// The optimizer that a trainer embeds: parameters by name, accumulators, iteration counter, learning-rate schedule.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "adagrad/api.hpp"
#include "adagrad/options.hpp"
#include "adagrad/parallel.hpp"
#include "adagrad/schedule.hpp"

namespace adagrad {

/// What one parameter array is updated with.
struct parameter_options {
  update_options rule{};           ///< the rule, its epsilon and the constraint
  double initial_accumulator = 0;  ///< what every accumulator starts with; finite and >= 0 (Keras 3, TensorFlow, optax: 0.1)
};

struct optimizer_options {
  /// A number, one of the schedules such as inverse_time{learning_rate, decay}, or a callable; see schedule.hpp. The default is Keras 1's.
  schedule learning_rate = 0.01;
  /// For parameters that are added without options of their own.
  parameter_options defaults{};
  /// Threads of a step. The executor's struct is copied; what its `pool` points to must live as long as the optimizer uses it.
  threading how{};
};

/// What a step did.
struct step_report {
  double learning_rate;     ///< the rate that was used
  std::uint64_t iteration;  ///< steps finished before this one: what the schedule was asked with
  unsigned threads;         ///< threads that ran (with an executor: tasks it was given); 1 where the caller's thread did all
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
///   steps. The optimizer owns the accumulators. Parameters are changed by `step` alone; gradients never are.
/// - Bad input gives std::invalid_argument with the parameter's name, the value and the remedy in the message. It and std::bad_alloc
///   come before anything is changed: a refused call or step has done nothing.
/// - One optimizer serves one thread at a time; two optimizers are independent. `step` may be called inside a parallel region and in a
///   forked child (an executor's threads do not survive a fork: set_threading without it there). Movable; using a moved-from optimizer
///   throws std::logic_error (destroying it and assigning to it are fine), and so does a schedule that calls the optimizer that asks it.
/// - Beside the accumulators it keeps less than 1 KiB for a parameter and 2 KiB once (and a page where parameters are added after a step).
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
  /// asks the schedule with iterations(), updates, counts one iteration. (The counter advances at every step, whether anything moved or not.)
  /// Allocates nothing after the first, unless parameters were added since. What the schedule throws passes through. Refuses overlapping
  /// arrays, a bad rate, and to count beyond 2^64 - 1.
  step_report step();

  /// What the first step does otherwise, before it asks the schedule: refuses overlapping arrays, allocates accumulators that are still missing
  /// (2 MiB or more in all on huge pages where the system gives them, by madvise), and fills them with their initial value, in a parallel
  /// region of its own, on the threads that will use them when all parameters have gradients.
  void prepare();

  /// Steps finished so far: 64 bits, never rounded. Setting it changes the rate of the next step, and nothing else.
  std::uint64_t iterations() const;
  void set_iterations(std::uint64_t iterations);

  /// The rate that the next step will use; asks the schedule, and throws where that step would refuse the rate.
  double learning_rate() const;
  /// A new schedule from the next step on. The counter stays.
  void set_learning_rate(schedule learning_rate);

  void set_threading(const threading& how);

  /// The accumulators of a parameter; T is its type (float or double). The memory stays where it is as long as the optimizer, or the one it
  /// was moved to, lives; its contents change with each step.
  template <class T>
    requires(std::same_as<T, float> || std::same_as<T, double>)
  std::span<const T> accumulators(parameter_key which);
  /// Overwrites them, with those of an earlier run for example: same length and type, no NaN, nothing below 0. Add all parameters first: their
  /// accumulators then share one allocation.
  void set_accumulators(parameter_key which, std::span<const float> accumulators);
  void set_accumulators(parameter_key which, std::span<const double> accumulators);

  /// All accumulators at their initial value, no iterations: as after adding. Parameters, gradients and schedule stay.
  void reset();

  const parameter_options& defaults() const;       ///< those of the options it was made with
  std::size_t size() const;                        ///< how many parameters there are
  bool contains(std::string_view name) const;      ///< whether a parameter has that name
  std::string_view name(std::size_t index) const;  ///< valid as the memory of accumulators() is
  std::size_t index(std::string_view name) const;  ///< what `add` returned

 private:
  struct state;
  state& get();
  const state& get() const;
  std::unique_ptr<state> state_;
};

extern template ADAGRAD_API std::span<const float> optimizer::accumulators<float>(parameter_key which);
extern template ADAGRAD_API std::span<const double> optimizer::accumulators<double>(parameter_key which);

}  // namespace adagrad
