// What root_probe.cpp, compiled once for each instruction set, lends to test_root.cpp: the kernels' root with seeds of the test's choice.
#pragma once

#include <cstddef>

namespace adagrad::test {

template <class T>
struct root_functions {
  int seed_bits;                                                       // 0: this instruction set has no quick root
  void (*seeds)(const T* X, T* y, std::size_t count);                  // the instruction set's own estimates of 1/sqrt(X)
  void (*roots)(const T* X, const T* y, T* roots, std::size_t count);  // exact_roots from these seeds
};

struct root_probe {
  root_functions<float> f32;
  root_functions<double> f64;
};

}  // namespace adagrad::test
