#include "validate/dense.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

#include "validate/fail.hpp"
#include "validate/overlap.hpp"

namespace adagrad::validate {
namespace {

constexpr unsigned most_threads = 4096;

template <class Choice>
void known_choice(const char* field, Choice value, Choice last, const char* remedy, const std::string* parameter) {
  if (value <= last) return;
  fail(parameter, std::string(field) + " is " + std::to_string(static_cast<unsigned>(value)) + ", which is none of its values: " + remedy);
}

template <class T>
void disjoint(const char* name_a, std::span<const T> a, const char* name_b, std::span<const T> b) {
  const auto begin_a = reinterpret_cast<std::uintptr_t>(a.data()), begin_b = reinterpret_cast<std::uintptr_t>(b.data());
  if (!overlap({begin_a, begin_a + a.size_bytes()}, {begin_b, begin_b + b.size_bytes()})) return;
  const bool later = begin_b >= begin_a;
  fail(nullptr, std::string(name_a) + " overlaps " + name_b + " (they start " +
                    std::to_string(later ? begin_b - begin_a : begin_a - begin_b) + " bytes apart and have " +
                    std::to_string(a.size_bytes()) + " bytes each): give every array its own memory");
}

// A finite double may be beyond a float's range.
template <class T>
bool holds(double value) {
  return std::isinf(value) || std::abs(value) <= static_cast<double>(std::numeric_limits<T>::max());
}

template <class T>
T bound(const char* field, double value, const std::string* parameter) {
  if (!holds<T>(value))
    fail(parameter, std::string(field) + " is " + text(value) +
                        ", which float cannot hold: use one of smaller magnitude, or an infinity for no bound");
  return static_cast<T>(value);
}

}  // namespace

template <class T>
void array(const char* field, std::span<const T> array, std::size_t expected, const std::string* parameter) {
  if (array.size() != expected)
    fail(parameter, std::string(field) + " has " + std::to_string(array.size()) + " elements in place of " + std::to_string(expected) +
                        ": pass spans of one length");
  if (array.data() == nullptr && expected > 0)
    fail(parameter,
         std::string(field) + " is a null pointer with " + std::to_string(expected) + " elements: pass the array, or an empty span");
  const auto begin = reinterpret_cast<std::uintptr_t>(array.data());
  if (expected > static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(T) || begin + expected * sizeof(T) < begin)
    fail(parameter, std::string(field) + " has " + std::to_string(expected) +
                        " elements, more than memory can hold: was its length a negative number?");
}

template <class T>
void arrays(std::span<const T> parameters, std::span<const T> gradients, std::span<const T> accumulators) {
  array("parameters", parameters, parameters.size());
  array("gradients", gradients, parameters.size());
  array("accumulators", accumulators, parameters.size());
  disjoint("parameters", parameters, "gradients", gradients);
  disjoint("parameters", parameters, "accumulators", accumulators);
  disjoint("gradients", gradients, "accumulators", accumulators);
}

template <class T>
T not_negative(const char* field, double value, const char* remedy, const std::string* parameter) {
  if (!std::isfinite(value) || value < 0)
    fail(parameter, std::string(field) + " is " + text(value) + "; it must be finite and at least 0: " + remedy);
  if (!holds<T>(value)) fail(parameter, std::string(field) + " is " + text(value) + ", which float cannot hold: " + remedy);
  return static_cast<T>(value);
}

template <class T>
T learning_rate(double value) {
  return not_negative<T>("learning_rate", value, "check the schedule (a rate that Caffe2 or FBGEMM takes negative is positive here)");
}

template <class T>
kernels::dense_step<T> step(double rate, const update_options& options, const std::string* parameter) {
  const T rounded_rate = learning_rate<T>(rate);
  const T epsilon = not_negative<T>("epsilon", options.epsilon, "use a small number such as 1e-8, or 0", parameter);
  known_choice("epsilon_placement", options.epsilon_placement, epsilon_place::inside_root,
               "use epsilon_place::outside_root or epsilon_place::inside_root", parameter);
  known_choice("accumulator_used", options.accumulator_used, accumulator_use::before,
               "use accumulator_use::after or accumulator_use::before", parameter);
  known_choice("mode", options.mode, arithmetic::fast, "use arithmetic::exact or arithmetic::fast", parameter);
  return {.learning_rate = rounded_rate,
          .epsilon = epsilon,
          .epsilon_inside_root = options.epsilon_placement == epsilon_place::inside_root,
          .root_before_gradient = options.accumulator_used == accumulator_use::before,
          .fast = options.mode == arithmetic::fast,
          .resident_bytes = 0};
}

template <class T>
stages_before_move<T> before_move(const update_options& options, const std::string* parameter) {
  const T scale = not_negative<T>("gradient_scale", options.gradient_scale, "use 1, or the inverse of a loss scale", parameter);
  if (scale == 0)
    fail(parameter, "gradient_scale is " + text(options.gradient_scale) + ", or rounds to 0: no gradient would be left; use 1");
  if (!(options.clip_value > 0) || static_cast<T>(options.clip_value) == 0)
    fail(parameter,
         "clip_value is " + text(options.clip_value) + "; it must be above 0, also when rounded: use an infinity to clip nothing");
  const T clip = bound<T>("clip_value", options.clip_value, parameter);
  const T decay = not_negative<T>("weight_decay", options.weight_decay, "use a small number such as 1e-4, or 0", parameter);
  known_choice("decay_kind", options.decay_kind, weight_decay_kind::decoupled,
               "use weight_decay_kind::coupled or weight_decay_kind::decoupled", parameter);
  const double rho = options.accumulator_decay;
  if (!(rho > 0 && rho <= 1) || static_cast<T>(rho) == 0)
    fail(parameter, "accumulator_decay is " + text(rho) + "; it must be above 0 and at most 1: use 1 to forget nothing");
  if (rho < 1 && options.accumulator_used == accumulator_use::before)
    fail(parameter, "accumulator_decay is " + text(rho) + " with accumulator_used before: use accumulator_use::after, or 1");
  const bool coupled = options.decay_kind == weight_decay_kind::coupled;
  const T signed_scale = options.maximize ? -scale : scale;  // rounding is symmetric: the bits of scaling and then changing the sign
  return {.prepares = signed_scale != 1 || !std::isinf(clip) || (coupled && decay != 0),
          .preparation = {signed_scale, clip, coupled ? decay : T(0)},
          .decoupled_decay = coupled ? 0 : options.weight_decay,
          .accumulator_decay = static_cast<T>(rho)};
}

template <class T>
T shrink(double rate, double decoupled_decay) {
  const double product = rate * decoupled_decay;
  if (!std::isfinite(product) || !holds<T>(product))
    fail(nullptr, "learning_rate * weight_decay is " + text(rate) + " * " + text(decoupled_decay) + ", which " +
                      (sizeof(T) == sizeof(float) ? "float" : "double") + " cannot hold: use a smaller rate or decay");
  return static_cast<T>(product);
}

template <class T>
kernels::constraint<T> constraint(const parameter_constraint& bounds, const std::string* parameter) {
  using kind = typename kernels::constraint<T>::kind;
  known_choice("constraint.kind", bounds.kind, constraint_kind::box, "use non_negative() or box(lower, upper)", parameter);
  if (bounds.kind == constraint_kind::none) return {kind::none, T(0), T(0)};
  if (bounds.kind == constraint_kind::non_negative) return {kind::non_negative, T(0), T(0)};
  for (const double side : {bounds.lower, bounds.upper})
    if (std::isnan(side)) fail(parameter, std::string("constraint: a bound of the box is nan: use an infinity for no bound"));
  if (bounds.lower > bounds.upper)
    fail(parameter,
         "constraint: the box's lower bound " + text(bounds.lower) + " is above its upper bound " + text(bounds.upper) + ": swap them");
  return {kind::box, bound<T>("constraint: the box's lower bound", bounds.lower, parameter),
          bound<T>("constraint: the box's upper bound", bounds.upper, parameter)};
}

void threads(const threading& how) {
  if (how.threads > most_threads)
    fail(nullptr,
         "threads is " + std::to_string(how.threads) + "; it must be at most " + std::to_string(most_threads) + ": use 0 for the default");
  if (how.pool == nullptr) return;
  if (how.pool->run == nullptr) fail(nullptr, "pool->run is null: set it to the function that runs the tasks");
  if (how.pool->width == 0 || how.pool->width > most_threads)
    fail(nullptr, "pool->width is " + std::to_string(how.pool->width) + "; it must be from 1 to " + std::to_string(most_threads) +
                      ": set it to the pool's number of threads");
}

#define ADAGRAD_FOR(T)                                                                        \
  template void array<T>(const char*, std::span<const T>, std::size_t, const std::string*);   \
  template void arrays<T>(std::span<const T>, std::span<const T>, std::span<const T>);        \
  template T shrink<T>(double, double);                                                       \
  template T learning_rate<T>(double);                                                        \
  template T not_negative<T>(const char*, double, const char*, const std::string*);           \
  template stages_before_move<T> before_move<T>(const update_options&, const std::string*);   \
  template kernels::dense_step<T> step<T>(double, const update_options&, const std::string*); \
  template kernels::constraint<T> constraint<T>(const parameter_constraint&, const std::string*);
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad::validate
