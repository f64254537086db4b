/// The stateless dense update.
#pragma once

#include <span>

#include "adagrad/api.hpp"
#include "adagrad/options.hpp"
#include "adagrad/parallel.hpp"

namespace adagrad {

/// What a call did.
struct update_report {
  unsigned threads;  ///< threads that ran (with an executor: tasks it was given); 1 when the work was below the serial threshold
};

/// One Adagrad step over flat arrays, in place (J. Duchi, E. Hazan, Y. Singer, "Adaptive Subgradient Methods", JMLR 12, 2011, diagonal case):
///
///     accumulators[i] = accumulators[i] + gradients[i] * gradients[i]
///     parameters[i]   = parameters[i] - (learning_rate * gradients[i]) / (sqrt(accumulators[i]) + epsilon)
///
/// with the variations of `update_options`. A denominator of exactly 0 moves nothing.
///
/// - The three arrays have the same length, any, 0 included, and any alignment; none overlaps another.
///   The gradients are only read. The caller owns all three; accumulators start at 0 (or any finite value >= 0).
/// - `learning_rate` is the rate of this step, finite and >= 0, rounded once to the parameters' type; a schedule such as
///   `inverse_time` gives it.
/// - Throws std::invalid_argument, which names the argument, its value and the remedy, before anything is written.
///   A forced instruction set (ADAGRAD_ISA) that the machine lacks is such an argument too. Allocates nothing after the first call (which starts
///   OpenMP and reads the CPU quota).
/// - Two calls may run at the same time when their arrays are disjoint. May be called inside a parallel region and in a forked child.
/// - Control bits of the floating-point environment are left alone; the promises of `arithmetic` hold when it rounds to nearest
///   without flushing subnormals.
ADAGRAD_API update_report update(std::span<float> parameters, std::span<const float> gradients, std::span<float> accumulators,
                                 double learning_rate, const update_options& options = {}, const threading& how = {});
ADAGRAD_API update_report update(std::span<double> parameters, std::span<const double> gradients, std::span<double> accumulators,
                                 double learning_rate, const update_options& options = {}, const threading& how = {});

}  // namespace adagrad
