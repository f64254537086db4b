#include "validate/plan.hpp"

#include <cmath>
#include <limits>

#include "validate/numbers.hpp"

namespace adagrad::validate {
namespace {

template <class T>
kernels::dense_step<T> step(const update_options& options, const std::string* parameter) {
  const T epsilon = not_negative<T>("epsilon", options.epsilon, "use a small number such as 1e-8, or 0", parameter);
  known_choice("epsilon_placement", options.epsilon_placement, epsilon_place::inside_root,
               "use epsilon_place::outside_root or epsilon_place::inside_root", parameter);
  known_choice("accumulator_used", options.accumulator_used, accumulator_use::before,
               "use accumulator_use::after or accumulator_use::before", parameter);
  known_choice("mode", options.mode, arithmetic::fast, "use arithmetic::exact or arithmetic::fast", parameter);
  return {.learning_rate = 0,
          .epsilon = epsilon,
          .epsilon_inside_root = options.epsilon_placement == epsilon_place::inside_root,
          .root_before_gradient = options.accumulator_used == accumulator_use::before,
          .fast = options.mode == arithmetic::fast};
}

bool one_rounding(const char* field, multiply_add how, const std::string* parameter) {
  known_choice(field, how, multiply_add::one_rounding, "use multiply_add::two_roundings or multiply_add::one_rounding", parameter);
  return how == multiply_add::one_rounding;
}

template <class T>
kernels::preparation<T> preparation(const update_options& options, const std::string* parameter) {
  const T scale = not_negative<T>("gradient_scale", options.gradient_scale, "use 1, or the inverse of a loss scale", parameter);
  if (scale == 0)
    fail(parameter, "gradient_scale is " + text(options.gradient_scale) + ", or rounds to 0: no gradient would be left; use 1");
  const T clip = limit<T>("clip_value", options.clip_value, "use an infinity to clip nothing", parameter);
  const T decay = not_negative<T>("weight_decay", options.weight_decay, "use a small number such as 1e-4, or 0", parameter);
  known_choice("decay_kind", options.decay_kind, weight_decay_kind::decoupled,
               "use weight_decay_kind::coupled or weight_decay_kind::decoupled", parameter);
  const bool coupled = options.decay_kind == weight_decay_kind::coupled;
  const bool fused = one_rounding("decay_rounding", options.decay_rounding, parameter);
  if (fused && !coupled)
    fail(parameter,
         "decay_rounding is one_rounding with decay_kind decoupled, which is not added to the gradient: use two_roundings, or "
         "weight_decay_kind::coupled");
  return {.scale = options.maximize ? -scale : scale,  // rounding is symmetric: the bits of scaling and then changing the sign
          .clip = clip,
          .decay = coupled ? decay : T(0),
          .fused_decay = fused,
          .drops_vanished = !options.zero_accumulator_moves};
}

template <class T>
kernels::accumulation<T> accumulation(const update_options& options, const std::string* parameter) {
  const double rho = options.accumulator_decay;
  if (!(rho > 0 && rho <= 1) || static_cast<T>(rho) == 0)
    fail(parameter, "accumulator_decay is " + text(rho) + "; it must be above 0 and at most 1: use 1 to forget nothing");
  if (rho < 1 && options.accumulator_used == accumulator_use::before)
    fail(parameter, "accumulator_decay is " + text(rho) + " with accumulator_used before: use accumulator_use::after, or 1");
  const bool fused = one_rounding("accumulate_rounding", options.accumulate_rounding, parameter);
  if (options.freeze_accumulators) {
    constexpr const char* remedy = "freeze_accumulators leaves accumulators as they are: ";
    if (rho < 1) fail(parameter, "accumulator_decay is " + text(rho) + ", but " + remedy + "use 1, or do not freeze them");
    if (fused)
      fail(parameter, std::string("accumulate_rounding is one_rounding, but ") + remedy + "use two_roundings, or do not freeze them");
    if (options.accumulator_used == accumulator_use::before)
      fail(parameter, std::string("accumulator_used is before, but ") + remedy + "use accumulator_use::after, or do not freeze them");
  }
  return {.decay = static_cast<T>(rho), .fused = fused};
}

// A field that the kind does not look at was meant for another kind.
void no_idle_field(const parameter_constraint& c, const std::string* parameter) {
  using kind = constraint_kind;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const bool bounded = c.kind == kind::box || c.kind == kind::min_max_norm, has_largest = bounded || c.kind == kind::max_norm;
  const auto idle = [&](const char* field, double value) {
    fail(parameter, std::string("constraint.") + field + " is " + text(value) +
                        ", which its kind does not look at: make it with non_negative(), box(), max_norm(), unit_norm() or min_max_norm()");
  };
  if (!bounded && c.lower != (c.kind == kind::max_norm ? 0 : -infinity)) idle("lower", c.lower);
  if (!has_largest && c.upper != infinity) idle("upper", c.upper);
  if (c.kind != kind::min_max_norm && c.rate != 1) idle("rate", c.rate);
}

template <class T>
kernels::constraint<T> constraint(const parameter_constraint& bounds, const std::string* parameter, bool with_norms) {
  using kind = typename kernels::constraint<T>::kind;
  known_choice("constraint.kind", bounds.kind, constraint_kind::min_max_norm,
               "use non_negative(), box(lower, upper), max_norm(), unit_norm() or min_max_norm()", parameter);
  no_idle_field(bounds, parameter);
  switch (bounds.kind) {
    case constraint_kind::none: return {};
    case constraint_kind::non_negative: return {.what = kind::non_negative};
    case constraint_kind::box: break;
    default:
      if (!with_norms)
        fail(parameter,
             "constraint: a norm is taken over axes of a shape, and update knows no shape: use an optimizer and parameter_options::shape");
      return {};
  }
  for (const double side : {bounds.lower, bounds.upper})
    if (std::isnan(side)) fail(parameter, std::string("constraint: a bound of the box is nan: use an infinity for no bound"));
  if (bounds.lower > bounds.upper)
    fail(parameter,
         "constraint: the box's lower bound " + text(bounds.lower) + " is above its upper bound " + text(bounds.upper) + ": swap them");
  return {kind::box, bound<T>("constraint: the box's lower bound", bounds.lower, parameter),
          bound<T>("constraint: the box's upper bound", bounds.upper, parameter)};
}

}  // namespace

template <class T>
plan<T> make_plan(const update_options& options, const std::string* parameter, bool with_norms) {
  plan<T> p{.step = step<T>(options, parameter),
            .preparation = preparation<T>(options, parameter),
            .accumulation = accumulation<T>(options, parameter),
            .constraint = constraint<T>(options.constraint, parameter, with_norms),
            .decoupled_decay = options.decay_kind == weight_decay_kind::decoupled ? options.weight_decay : 0,
            .l1 = options.proximal_l1,
            .l2 = options.proximal_l2,
            .accumulates = !options.freeze_accumulators};
  for (const auto& [field, strength] : {std::pair("proximal_l1", p.l1), std::pair("proximal_l2", p.l2)})
    not_negative<T>(field, strength, "use a small number such as 1e-4, or 0", parameter);
  const kernels::preparation<T>& g = p.preparation;
  p.prepares = g.scale != 1 || !std::isinf(g.clip) || g.drops_vanished || g.decay != 0;
  p.accumulates_apart = p.accumulates && (p.accumulation.decay != 1 || p.accumulation.fused);
  p.plain = !p.prepares && p.accumulates && !p.accumulates_apart && p.l1 == 0 && p.l2 == 0 && p.decoupled_decay == 0 &&
            p.constraint.what == kernels::constraint<T>::kind::none;
  return p;
}

template plan<float> make_plan<float>(const update_options&, const std::string*, bool);
template plan<double> make_plan<double>(const update_options&, const std::string*, bool);

}  // namespace adagrad::validate
