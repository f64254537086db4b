// Refuses bad arrays and thread settings before the first write. `parameter` names the optimizer's parameter that is meant, null for none.
#pragma once

#include <span>
#include <string>

#include "adagrad/parallel.hpp"

namespace adagrad::validate {

// That it has the expected length, one that fits into memory, and is no null pointer with a length.
template <class T>
void array(const char* field, std::span<const T> array, std::size_t expected, const std::string* parameter = nullptr);

// The three arrays of one update, and that none overlaps another.
template <class T>
void arrays(std::span<const T> parameters, std::span<const T> gradients, std::span<const T> accumulators);

void threads(const threading& how);

}  // namespace adagrad::validate
