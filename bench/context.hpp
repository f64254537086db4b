// What a reader needs to judge the numbers: machine, compiler, flags, commit.
#pragma once

namespace adagrad::bench {

// Adds it to the head of Google Benchmark's report.
void add_context();

}  // namespace adagrad::bench
