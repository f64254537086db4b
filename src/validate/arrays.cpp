#include "validate/arrays.hpp"

#include <cstdint>

#include "validate/fail.hpp"
#include "validate/overlap.hpp"

namespace adagrad::validate {
namespace {

constexpr unsigned most_threads = 4096;

template <class T>
void disjoint(const char* name_a, std::span<const T> a, const char* name_b, std::span<const T> b) {
  const auto begin_a = reinterpret_cast<std::uintptr_t>(a.data()), begin_b = reinterpret_cast<std::uintptr_t>(b.data());
  if (!overlap({begin_a, begin_a + a.size_bytes()}, {begin_b, begin_b + b.size_bytes()})) return;
  const bool later = begin_b >= begin_a;
  fail(nullptr, std::string(name_a) + " overlaps " + name_b + " (they start " +
                    std::to_string(later ? begin_b - begin_a : begin_a - begin_b) + " bytes apart and have " +
                    std::to_string(a.size_bytes()) + " bytes each): give every array its own memory");
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
void no_overlap(const char* field, std::span<const T> array, std::initializer_list<std::pair<const char*, std::span<const T>>> others) {
  for (const auto& [name, other] : others) disjoint(field, array, name, other);
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

#define ADAGRAD_FOR(T)                                                                      \
  template void array<T>(const char*, std::span<const T>, std::size_t, const std::string*); \
  template void arrays<T>(std::span<const T>, std::span<const T>, std::span<const T>);      \
  template void no_overlap<T>(const char*, std::span<const T>, std::initializer_list<std::pair<const char*, std::span<const T>>>);
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR
template void array<std::int32_t>(const char*, std::span<const std::int32_t>, std::size_t, const std::string*);
template void array<std::int64_t>(const char*, std::span<const std::int64_t>, std::size_t, const std::string*);

}  // namespace adagrad::validate
