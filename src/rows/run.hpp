// A job from its gradients to rows that have moved: what update_rows and the optimizer both go through.
#pragma once

#include <string>

#include "rows/job.hpp"

namespace adagrad::rows {

// A job at this rate, without gradients. Strides of 0 become widths. Throws std::invalid_argument for a rate whose products T cannot hold; `name` is that of
// an optimizer's table.
template <class T>
job<T> make_job(rows_view<T> table, rows_view<T> accumulators, const validate::row_plan<T>& plan, double rate,
                const std::string* name = nullptr);

// Gives it gradients that were checked but for their indices, in the order that the rule and the number of parts ask for, and all memory that it needs.
// Throws std::invalid_argument for a bad index, and std::bad_alloc; nothing of the table is written.
template <class T, class Gradients>
void take_gradients(job<T>& job, const Gradients& gradients, rows_workspace::buffers& memory, const threading& how,
                    const std::string* name = nullptr);

// Moves the rows; returns how many threads ran. Allocates nothing.
template <class T>
unsigned run(const job<T>& job, rows_workspace::buffers& memory, const threading& how);

}  // namespace adagrad::rows
