// Scripted runs: a fixed training run each, whose whole final state has one SHA-256, the same for every instruction set, thread count,
// compiler and architecture. A script never changes once it has a constant; a new feature adds a script of its own.
#pragma once

#include <span>
#include <string>

#include "adagrad/reference.hpp"
#include "adagrad/update.hpp"

namespace adagrad::verify {

// Who takes the steps of a script: the library with so many threads and the instruction set in force, or the scalar reference.
struct subject {
  unsigned threads;  // 0: the reference

  template <class T>
  void update(std::span<T> parameters, std::span<const T> gradients, std::span<T> accumulators, double rate,
              const update_options& options) const {
    if (threads == 0) reference::update(parameters, gradients, accumulators, rate, options);
    else adagrad::update(parameters, gradients, accumulators, rate, options, {.threads = threads, .serial_below = 0});
  }
};

struct script {
  const char* name;
  std::string (*run)(const subject&);  // the SHA-256 of the final state, 64 hex digits
  const char* expected;
};

std::span<const script> scripts();

std::string dense_v1(const subject& who);
std::string keras1_v1(const subject& who);

}  // namespace adagrad::verify
