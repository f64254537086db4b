#include "rows/job.hpp"

namespace adagrad::rows {

template <class T>
gradient_list<T> list_gradients(const row_gradients<T>& gradients, rows_workspace::buffers&) {
  return {.values = gradients.values.data, .stride = gradients.values.stride != 0 ? gradients.values.stride : gradients.values.width};
}

// Where the gradient of each appearance lies, and what it is multiplied by.
template <class T>
gradient_list<T> list_gradients(const bag_gradients<T>& bags, rows_workspace::buffers& memory) {
  const std::size_t count = bags.indices.size(), stride = bags.gradients.stride != 0 ? bags.gradients.stride : bags.gradients.width;
  const T** const pointers = memory.gradients.get<const T*>(count);
  const bool mean = bags.pooled == pooling::mean, scales = mean || !bags.weights.empty();
  T* const factors = scales ? memory.factors.get<T>(count) : nullptr;
  for (std::size_t b = 0; b < bags.gradients.rows; ++b) {
    const auto begin = static_cast<std::size_t>(bags.offsets[b]);
    const std::size_t end = b + 1 < bags.offsets.size() ? static_cast<std::size_t>(bags.offsets[b + 1]) : count;
    const T divisor = static_cast<T>(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      pointers[i] = bags.gradients.data + b * stride;
      if (!scales) continue;
      const T weight = bags.weights.empty() ? T(1) : bags.weights[i];
      factors[i] = mean ? weight / divisor : weight;
    }
  }
  return {.pointers = pointers, .factors = factors};
}

template gradient_list<float> list_gradients<float>(const row_gradients<float>&, rows_workspace::buffers&);
template gradient_list<double> list_gradients<double>(const row_gradients<double>&, rows_workspace::buffers&);
template gradient_list<float> list_gradients<float>(const bag_gradients<float>&, rows_workspace::buffers&);
template gradient_list<double> list_gradients<double>(const bag_gradients<double>&, rows_workspace::buffers&);

}  // namespace adagrad::rows
