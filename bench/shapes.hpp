// The lists of tensors that rows of the optimizer work on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace adagrad::bench {

// The lengths of a list's tensors, in the order in which the architecture has them.
struct shape_list {
  std::string name;
  std::vector<std::size_t> counts;

  std::size_t total() const;
};

// One tensor.
shape_list flat(std::size_t count);

// 1,000 tensors of 1,000.
shape_list thousand();

// The parameters of published models, by name: resnet-50, bert-base, dlrm-mlp. Throws std::logic_error if a list has not the number of tensors and
// parameters that the published model has.
std::vector<shape_list> models();

}  // namespace adagrad::bench
