// Refuses bad arrays and thread settings before the first write. `parameter` names the optimizer's parameter that is meant, null for none.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <utility>

#include "adagrad/parallel.hpp"

namespace adagrad::validate {

// That it has the expected length, one that fits into memory, and is no null pointer with a length.
template <class T>
void array(const char* field, std::span<const T> array, std::size_t expected, const std::string* parameter = nullptr);

// The three arrays of one update, and that none overlaps another.
template <class T>
void arrays(std::span<const T> parameters, std::span<const T> gradients, std::span<const T> accumulators);

// That an array lies apart from others, which are given with their names.
template <class T>
void no_overlap(const char* field, std::span<const T> array, std::initializer_list<std::pair<const char*, std::span<const T>>> others);

void threads(const threading& how);

}  // namespace adagrad::validate
