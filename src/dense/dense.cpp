// adagrad::update: checks, choice of kernel, split over threads.
#include <algorithm>
#include <type_traits>

#include "adagrad/update.hpp"
#include "dispatch/registry.hpp"
#include "parallel/region.hpp"
#include "validate/dense.hpp"

namespace adagrad {
namespace {

constexpr std::size_t block = 1024;  // elements: parts begin at whole cache lines and pages are seldom shared

template <class T>
struct work {
  T* parameters;
  const T* gradients;
  T* accumulators;
  std::size_t count, parts;
  kernels::dense_step<T> step;
  void (*kernel)(T*, const T*, T*, std::size_t, const kernels::dense_step<T>&) noexcept;

  static void run_part(void* context, std::size_t index) {
    const work& self = *static_cast<const work*>(context);
    const auto [begin, end] = parallel::part(self.count, self.parts, index, block);
    self.kernel(self.parameters + begin, self.gradients + begin, self.accumulators + begin, end - begin, self.step);
  }
};

template <class T>
update_report checked_update(std::span<T> parameters, std::span<const T> gradients, std::span<T> accumulators, double learning_rate,
                             const update_options& options, const threading& how) {
  validate::arrays<T>(parameters, gradients, accumulators);
  validate::threads(how);
  const auto step = validate::step<T>(learning_rate, options);
  const kernels::table& kernels = dispatch::active();
  const std::size_t count = parameters.size(), blocks = std::max<std::size_t>(1, (count + block - 1) / block);
  const std::size_t parts = std::min<std::size_t>(parallel::ways(how, 5 * parameters.size_bytes()), blocks);
  work<T> w{parameters.data(), gradients.data(), accumulators.data(), count, parts, step, nullptr};
  if constexpr (std::is_same_v<T, float>) w.kernel = kernels.update_f32;
  else w.kernel = kernels.update_f64;
  return {parallel::run(how, parts, work<T>::run_part, &w)};
}

}  // namespace

update_report update(std::span<float> parameters, std::span<const float> gradients, std::span<float> accumulators, double learning_rate,
                     const update_options& options, const threading& how) {
  return checked_update(parameters, gradients, accumulators, learning_rate, options, how);
}

update_report update(std::span<double> parameters, std::span<const double> gradients, std::span<double> accumulators, double learning_rate,
                     const update_options& options, const threading& how) {
  return checked_update(parameters, gradients, accumulators, learning_rate, options, how);
}

}  // namespace adagrad
