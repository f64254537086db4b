// The benchmark's rows of embedding bags.
#pragma once

#include "embedding.hpp"

namespace adagrad::bench {

// Registers the update from bags' gradients, beside expanding them first and the limit of both.
void add_bags(const table_shape& shape);

}  // namespace adagrad::bench
