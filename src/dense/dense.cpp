// adagrad::update: checks, choice of kernel, split over threads.
#include <algorithm>

#include "adagrad/update.hpp"
#include "dense/sweep.hpp"
#include "dispatch/registry.hpp"
#include "parallel/region.hpp"
#include "validate/arrays.hpp"
#include "validate/numbers.hpp"

namespace adagrad {
namespace dense {
namespace {

// What the parts of a call share.
template <class T>
struct call {
  validate::plan<T> plan;
  arrays<T> data;
  moment<T> now;
  std::size_t parts;
  const kernels::table& kernels;

  static void run_part(void* context, std::size_t index) {
    const call& self = *static_cast<const call*>(context);
    const auto [begin, end] = parallel::part(self.data.count, self.parts, index, tile<T>);
    sweep(self.kernels, self.plan, self.data, self.now, begin, end);
  }
};

template <class T>
update_report checked_update(std::span<T> parameters, std::span<const T> gradients, std::span<T> accumulators, double learning_rate,
                             const update_options& options, const threading& how) {
  validate::arrays<T>(parameters, gradients, accumulators);
  validate::threads(how);
  const std::size_t count = parameters.size(), tiles = std::max<std::size_t>(1, (count + tile<T> - 1) / tile<T>);
  validate::learning_rate<T>(learning_rate);
  const auto plan = validate::make_plan<T>(options);
  auto now = make_moment(plan, learning_rate);
  const std::size_t parts = std::min<std::size_t>(parallel::ways(how, 5 * parameters.size_bytes()), tiles);
  now.resident_bytes = 3 * parameters.size_bytes() / parts;
  call<T> c{plan, {parameters.data(), gradients.data(), accumulators.data(), count}, now, parts, dispatch::active()};
  return {parallel::run(how, parts, call<T>::run_part, &c)};
}

}  // namespace
}  // namespace dense

update_report update(std::span<float> parameters, std::span<const float> gradients, std::span<float> accumulators, double learning_rate,
                     const update_options& options, const threading& how) {
  return dense::checked_update(parameters, gradients, accumulators, learning_rate, options, how);
}

update_report update(std::span<double> parameters, std::span<const double> gradients, std::span<double> accumulators, double learning_rate,
                     const update_options& options, const threading& how) {
  return dense::checked_update(parameters, gradients, accumulators, learning_rate, options, how);
}

}  // namespace adagrad
