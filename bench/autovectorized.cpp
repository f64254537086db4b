// The reference's own loop, left to the compiler's vectoriser: what a user gets for flags alone. Compiled once for each instruction
// set; the table is the only symbol.
#include "reference/dense_loop.hpp"
#include "tables.hpp"

#define ADAGRAD_JOIN_(a, b) a##b
#define ADAGRAD_JOIN(a, b) ADAGRAD_JOIN_(a, b)

namespace adagrad::bench {
namespace {

// The rule is constant, so that the loop has no choices left in it. flatten: a copy of dense_loop that was not inlined would be a symbol
// shared with other instruction sets.
template <class T>
[[gnu::flatten]] void update(T* parameters, const T* gradients, T* accumulators, std::size_t count,
                             const kernels::dense_step<T>& step) noexcept {
  reference::dense_loop(parameters, gradients, accumulators, count, {step.learning_rate, step.epsilon, false, false, false});
}

}  // namespace

extern const autovectorized_table ADAGRAD_JOIN(autovectorized_, ADAGRAD_ISA_NAME);
const autovectorized_table ADAGRAD_JOIN(autovectorized_, ADAGRAD_ISA_NAME) = {update<float>, update<double>};

}  // namespace adagrad::bench
