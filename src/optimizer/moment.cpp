// What one step adds to the plan of a parameter.
#include "optimizer/state.hpp"

namespace adagrad {

// Steps finished as moving averages count them: with Keras' way of counting, the calls of a window are one.
std::uint64_t optimizer::state::averaged_steps() const noexcept {
  return options.accumulation.counts == gradient_accumulation::counting::calls ? iterations / options.accumulation.calls : iterations;
}

template <class T>
dense::moment<T> optimizer::state::moment_of(const named_parameter& parameter, const dense::work<T>& work) const {
  const parameter_options& p = *parameter.options;
  const double rate = rate_of(parameter, rates);
  auto now =
      p.method == method::dual_averaging ? dense::make_dual_moment<T>(work.plan, rate, iterations) : dense::make_moment<T>(work.plan, rate);
  now.norm_factor = static_cast<T>(parameter.clip_factor);
  now.value_before_norm = options.clip_order == clip_order::value_then_norms;
  if (options.accumulation.combine == gradient_accumulation::reduction::mean)
    now.pending_divisor = static_cast<T>(options.accumulation.calls);
  now.zeroes_gradients = p.zero_gradients;
  now.plain =
      p.method == method::mirror_descent && now.norm_factor == 1 && work.pending == nullptr && !p.zero_gradients && !p.average.enabled;
  if (!p.average.enabled) return now;
  const std::uint64_t every = p.average.overwrite_every;
  const bool first_window = options.accumulation.counts == gradient_accumulation::counting::calls && averaged_steps() == 0;
  const T momentum = static_cast<T>(p.average.momentum);
  now.averages = true;
  now.average_before_constraint = p.average.position == average_position::before_constraint;
  now.average = {.momentum = momentum,
                 .rest = 1 - momentum,
                 .starts = !parameter.averaging || first_window,
                 .overwrites = every != 0 && (averaged_steps() + 1) % every == 0};
  return now;
}

template dense::moment<float> optimizer::state::moment_of<float>(const named_parameter&, const dense::work<float>&) const;
template dense::moment<double> optimizer::state::moment_of<double>(const named_parameter&, const dense::work<double>&) const;

}  // namespace adagrad
