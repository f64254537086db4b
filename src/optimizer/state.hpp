// What an optimizer knows, and how a step runs over it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "adagrad/optimizer.hpp"
#include "dense/sweep.hpp"
#include "optimizer/arena.hpp"
#include "optimizer/memory_map.hpp"
#include "optimizer/tiles.hpp"

namespace adagrad {

// Arrays and rule of one parameter; without gradients, their pointer is null. A step fills in the rate.
struct named_parameter {
  const std::string* name;
  std::variant<dense::work<float>, dense::work<double>> work;
  double initial_accumulator;
  bool filled;             // the accumulators exist and have been given their initial value
  bool gradients_checked;  // their place is known to overlap nothing that is written
};

struct __attribute__((visibility("hidden"))) optimizer::state {
  schedule learning_rate = 0.0;
  parameter_options defaults;
  threading how;  // its executor, if any, is the copy below
  executor pool{};
  std::uint64_t iterations = 0;
  mutable bool asking = false;  // the schedule is being asked: it must not call back

  std::map<std::string, std::size_t, std::less<>> index_of;  // its nodes hold the names
  std::vector<named_parameter> parameters;
  std::vector<arena> arenas;
  std::size_t floats = 0;  // how many parameters are float
  double largest_float_decay = 0, largest_double_decay = 0;  // of the decoupled ones

  // What follows from the above, and whether it still does. A step brings all of it up to date before it writes.
  tile_list tiles;     // of the parameters with gradients
  memory_map written;  // parameters and accumulators
  bool tiles_current = true, written_current = true, gradients_checked = true, all_filled = true;

  template <class T>
  std::size_t add(std::string name, std::span<T> array, std::span<const T> gradients, const parameter_options& options);

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
  void set_accumulators(const parameter_key& which, std::span<const T> accumulators);
  void reset();

  void set_threading(const threading& new_how);

  // The rate of the step at the present iteration; throws when it is bad.
  double checked_rate() const;
  // Everything that a step needs: see the flags above.
  void prepare();
  // Allocated and filled, all of them.
  void prepare_accumulators();
  step_report step();

 private:
  struct region;
  void allocate_accumulators();
  void check_overlaps();
  void check_gradients(const named_parameter& parameter, std::size_t index) const;
  [[noreturn]] void fail_overlap(const memory_range& a, const memory_range& b) const;
  // Of all parameters, or of those that have gradients.
  enum class listed { all, with_gradients };
  void list_tiles(listed which) noexcept;
  void fill_accumulators();

  unsigned parts() const noexcept;
  // Calls body(parameter, first element, end) for each piece of part `index` of `parts`.
  template <class Body>
  void for_each_piece(std::size_t index, std::size_t parts, const Body& body) const;
};

template <class T>
inline constexpr const char* type_name = sizeof(T) == 4 ? "float" : "double";

template <class T>
memory_range bytes_of(const T* array, std::size_t count, std::size_t parameter, array_role role) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(array);
  return {{begin, array == nullptr ? begin : begin + count * sizeof(T)}, parameter, role};
}

inline memory_range gradients_of(const named_parameter& p, std::size_t index) noexcept {
  return std::visit([&](const auto& work) { return bytes_of(work.gradients, work.count, index, array_role::gradients); }, p.work);
}

}  // namespace adagrad
