#include "adagrad/reference.hpp"
#include "reference/dense_loop.hpp"
#include "reference/stages.hpp"
#include "reference/whole_step.hpp"
#include "validate/arrays.hpp"
#include "validate/numbers.hpp"
#include "validate/optimizer.hpp"
#include "validate/plan.hpp"

namespace adagrad::reference {
namespace {

template <class T>
void checked_update(std::span<T> parameters, std::span<const T> gradients, std::span<T> accumulators, double rate,
                    const update_options& options) {
  validate::arrays<T>(parameters, gradients, accumulators);
  const whole_step<T> step(validate::make_plan<T>(options), rate);
  if (step.plan.plain) return dense_loop(parameters.data(), gradients.data(), accumulators.data(), parameters.size(), step.plan.step);
  for (std::size_t i = 0; i < parameters.size(); ++i) step(parameters[i], gradients[i], accumulators[i]);
}

template <class T>
void checked_dual_average(std::span<T> parameters, std::span<const T> gradients, std::span<T> gradient_sums, std::span<T> accumulators,
                          double rate, std::uint64_t iterations, const update_options& options) {
  validate::arrays<T>(parameters, gradients, accumulators);
  validate::array<T>("gradient_sums", gradient_sums, parameters.size());
  validate::no_overlap<T>("gradient_sums", gradient_sums,
                          {{"parameters", parameters}, {"gradients", gradients}, {"accumulators", accumulators}});
  validate::method_takes(method::dual_averaging, options);
  auto plan = validate::make_plan<T>(options);
  plan.step.learning_rate = validate::learning_rate<T>(rate);
  const double t = static_cast<double>(iterations) + 1;
  const kernels::proximal<T> terms{validate::product<T>("proximal_l1 * t", plan.l1, t),
                                   validate::product<T>("(learning_rate * proximal_l2) * t", rate * plan.l2, t)};
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const T before = accumulators[i];
    const T g = plan.prepares ? prepared<T>(gradients[i], parameters[i], before, nullptr, plan.preparation) : gradients[i];
    if (plan.accumulates) accumulators[i] = accumulated(before, g, plan.accumulation);
    gradient_sums[i] = g + gradient_sums[i];
    const T used = plan.step.root_before_gradient ? before : accumulators[i];
    parameters[i] = constrained(dual_averaged(parameters[i], gradient_sums[i], used, plan.step, terms), plan.constraint);
  }
}

}  // namespace

#define ADAGRAD_FOR(T)                                                                                                                \
  void update(std::span<T> parameters, std::span<const T> gradients, std::span<T> accumulators, double learning_rate,                 \
              const update_options& options) {                                                                                        \
    checked_update<T>(parameters, gradients, accumulators, learning_rate, options);                                                   \
  }                                                                                                                                   \
  void dual_average(std::span<T> parameters, std::span<const T> gradients, std::span<T> gradient_sums, std::span<T> accumulators,     \
                    double learning_rate, std::uint64_t iterations, const update_options& options) {                                  \
    checked_dual_average<T>(parameters, gradients, gradient_sums, accumulators, learning_rate, iterations, options);                  \
  }                                                                                                                                   \
  void average(std::span<T> averages, std::span<const T> parameters, double momentum, bool first) {                                   \
    validate::array<T>("averages", averages, parameters.size());                                                                      \
    const T m = validate::fraction<T>("momentum", momentum, "use 0.99"), rest = 1 - m;                                                \
    for (std::size_t i = 0; i < parameters.size(); ++i) averages[i] = first ? parameters[i] : m * averages[i] + rest * parameters[i]; \
  }
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad::reference
