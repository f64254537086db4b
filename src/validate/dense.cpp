#include "validate/dense.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace adagrad::validate {
namespace {

constexpr unsigned most_threads = 4096;

std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.17g", value);
  return buffer;
}

void finite_and_not_negative(const char* field, double value, const char* remedy) {
  if (std::isfinite(value) && value >= 0) return;
  throw std::invalid_argument("adagrad: " + std::string(field) + " is " + text(value) + "; it must be finite and at least 0: " + remedy);
}

template <class Choice>
void one_of_two(const char* field, Choice value, const char* remedy) {
  const auto number = static_cast<unsigned>(value);
  if (number <= 1) return;
  throw std::invalid_argument("adagrad: " + std::string(field) + " is " + std::to_string(number) + ", which is none of its values: " + remedy);
}

template <class T>
void same_size(const char* name, std::span<const T> array, std::size_t expected) {
  if (array.size() == expected) return;
  throw std::invalid_argument("adagrad: " + std::string(name) + " has " + std::to_string(array.size()) + " elements and parameters has " +
                              std::to_string(expected) + ": pass spans of one length");
}

template <class T>
void not_null(const char* name, std::span<const T> array) {
  if (array.data() != nullptr || array.empty()) return;
  throw std::invalid_argument("adagrad: " + std::string(name) + " is a null pointer with " + std::to_string(array.size()) +
                              " elements: pass the array, or an empty span");
}

template <class T>
void disjoint(const char* name_a, std::span<const T> a, const char* name_b, std::span<const T> b) {
  const auto begin_a = reinterpret_cast<std::uintptr_t>(a.data()), begin_b = reinterpret_cast<std::uintptr_t>(b.data());
  const bool overlap = begin_a < begin_b ? begin_b - begin_a < a.size_bytes() : begin_a - begin_b < b.size_bytes();
  if (!overlap || a.empty() || b.empty()) return;
  const bool later = begin_b >= begin_a;
  throw std::invalid_argument("adagrad: " + std::string(name_a) + " overlaps " + name_b + " (they start " +
                              std::to_string(later ? begin_b - begin_a : begin_a - begin_b) + " bytes apart and have " +
                              std::to_string(a.size_bytes()) + " bytes each): give every array its own memory");
}

}  // namespace

template <class T>
void arrays(std::span<const T> parameters, std::span<const T> gradients, std::span<const T> accumulators) {
  same_size("gradients", gradients, parameters.size());
  same_size("accumulators", accumulators, parameters.size());
  not_null("parameters", parameters);
  not_null("gradients", gradients);
  not_null("accumulators", accumulators);
  disjoint("parameters", parameters, "gradients", gradients);
  disjoint("parameters", parameters, "accumulators", accumulators);
  disjoint("gradients", gradients, "accumulators", accumulators);
}

template <class T>
kernels::dense_step<T> step(double learning_rate, const update_options& options) {
  finite_and_not_negative("learning_rate", learning_rate, "check the schedule (a rate that Caffe2 or FBGEMM takes negative is positive here)");
  finite_and_not_negative("epsilon", options.epsilon, "use a small number such as 1e-8, or 0");
  one_of_two("epsilon_placement", options.epsilon_placement, "use epsilon_place::outside_root or epsilon_place::inside_root");
  one_of_two("accumulator_used", options.accumulator_used, "use accumulator_use::after or accumulator_use::before");
  one_of_two("mode", options.mode, "use arithmetic::exact or arithmetic::fast");
  return {static_cast<T>(learning_rate), static_cast<T>(options.epsilon), options.epsilon_placement == epsilon_place::inside_root,
          options.accumulator_used == accumulator_use::before, options.mode == arithmetic::fast};
}

void threads(const threading& how) {
  if (how.threads > most_threads)
    throw std::invalid_argument("adagrad: threads is " + std::to_string(how.threads) + "; it must be at most " + std::to_string(most_threads) +
                                ": use 0 for the default");
  if (how.pool == nullptr) return;
  if (how.pool->run == nullptr) throw std::invalid_argument("adagrad: pool->run is null: set it to the function that runs the tasks");
  if (how.pool->width == 0 || how.pool->width > most_threads)
    throw std::invalid_argument("adagrad: pool->width is " + std::to_string(how.pool->width) + "; it must be from 1 to " +
                                std::to_string(most_threads) + ": set it to the pool's number of threads");
}

template void arrays<float>(std::span<const float>, std::span<const float>, std::span<const float>);
template void arrays<double>(std::span<const double>, std::span<const double>, std::span<const double>);
template kernels::dense_step<float> step<float>(double, const update_options&);
template kernels::dense_step<double> step<double>(double, const update_options&);

}  // namespace adagrad::validate
