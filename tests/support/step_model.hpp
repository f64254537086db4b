// An optimizer in plain loops: the whole step, in its written order, composed of the public reference functions and nothing of the library's
// own machinery. What `adagrad::optimizer` must agree with, bit by bit.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "adagrad/adagrad.hpp"
#include "adagrad/reference.hpp"

namespace adagrad::test {

template <class T>
struct plain_arrays {
  std::vector<T> parameters, gradients, accumulators, gradient_sums, averages, pending;
};

struct plain_parameter {
  std::string name, group;
  std::variant<plain_arrays<float>, plain_arrays<double>> data;
  parameter_options options;
  bool has_gradients = true, gathered = false, averaging = false;

  // As an optimizer starts with it.
  void fill() {
    std::visit(
        [&]<class T>(plain_arrays<T>& a) {
          const std::size_t n = a.parameters.size();
          a.accumulators.assign(n, static_cast<T>(options.initial_accumulator));
          for (auto* array : {&a.gradient_sums, &a.averages, &a.pending}) array->assign(n, T(0));
        },
        data);
    gathered = averaging = false;
  }
};

class plain_optimizer {
 public:
  optimizer_options options{};
  std::vector<plain_parameter> parameters{};
  std::map<std::string, schedule> rates{};  // of groups that have their own
  std::map<std::string, std::string> parents{};
  std::uint64_t iterations = 0, calls = 0;

  void reset() {
    for (auto& p : parameters) p.fill();
    iterations = calls = 0;
  }

  step_report step() {
    moves_ = calls + 1 == options.accumulation.calls;
    step_report report{.learning_rate = options.learning_rate(iterations), .iteration = iterations, .threads = 1};
    form_gradients();
    if (options.non_finite != non_finite_policy::propagate) look_for_non_finite(report);
    if (moves_) clip(report);
    if (report.non_finite > 0 && options.non_finite == non_finite_policy::error) throw std::invalid_argument("not finite");
    if (report.non_finite > 0) {
      skip();
      report.outcome = step_outcome::skipped;
      return report;
    }
    if (!moves_) report.outcome = step_outcome::accumulated;
    const bool finishes = moves_ || counts_calls();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      plain_parameter& p = parameters[i];
      if (!takes_part(p)) continue;
      std::visit([&]<class T>(plain_arrays<T>& a) { work(p, a, std::get<std::vector<T>>(formed_[i])); }, p.data);
      p.averaging |= finishes && p.options.average.enabled;
      p.gathered = !moves_;
    }
    calls = moves_ ? 0 : calls + 1;
    iterations += finishes;
    return report;
  }

  double rate_of(const std::string& group) const {
    if (const auto own = rates.find(group); own != rates.end()) return own->second(iterations);
    return group.empty() ? options.learning_rate(iterations) : rate_of(parents.at(group));
  }

 private:
  bool moves_ = false;
  std::vector<std::variant<std::vector<float>, std::vector<double>>> formed_{};

  bool counts_calls() const { return options.accumulation.counts == gradient_accumulation::counting::calls; }
  std::uint64_t averaged_steps() const { return counts_calls() ? iterations / options.accumulation.calls : iterations; }
  static bool takes_part(const plain_parameter& p) { return p.has_gradients || p.gathered; }

  // Lines 0 and 1.
  void form_gradients() {
    formed_.clear();
    for (const auto& p : parameters)
      std::visit(
          [&]<class T>(const plain_arrays<T>& a) {
            std::vector<T> formed(takes_part(p) ? a.parameters.size() : 0);
            for (std::size_t i = 0; i < formed.size(); ++i) {
              T& x = formed[i] = (p.has_gradients ? a.gradients[i] : T(0)) * static_cast<T>(p.options.rule.gradient_scale);
              if (options.accumulation.calls == 1) continue;
              x = x + a.pending[i];
              if (moves_ && options.accumulation.combine == gradient_accumulation::reduction::mean)
                x = x / static_cast<T>(options.accumulation.calls);
            }
            formed_.emplace_back(std::move(formed));
          },
          p.data);
  }

  // Line 2.
  void look_for_non_finite(step_report& report) const {
    for (std::size_t p = 0; p < formed_.size(); ++p)
      std::visit(
          [&](const auto& x) {
            for (std::size_t i = 0; i < x.size(); ++i) {
              if (std::isfinite(x[i])) continue;
              if (report.non_finite++ > 0) continue;
              report.first_parameter = p;
              report.first_index = i;
            }
          },
          formed_[p]);
  }

  // Lines 3 and 4.
  void clip(step_report& report) {
    const auto by_value = [&](std::size_t p) {
      std::visit(
          [&]<class T>(std::vector<T>& g) {
            const T c = static_cast<T>(parameters[p].options.rule.clip_value);
            for (T& x : g) x = x < -c ? -c : x > c ? c : x;
          },
          formed_[p]);
    };
    const auto multiply = [&](std::size_t p, double factor) {
      std::visit(
          [&]<class T>(std::vector<T>& g) {
            for (T& x : g) x = x * static_cast<T>(factor);
          },
          formed_[p]);
    };
    const bool value_first = options.clip_order == clip_order::value_then_norms;
    for (std::size_t p = 0; p < formed_.size(); ++p) {
      if (parameters[p].options.rule.maximize)
        std::visit([](auto& g) { std::ranges::transform(g, g.begin(), [](auto x) { return -x; }); }, formed_[p]);
      if (value_first) by_value(p);
      if (std::isinf(parameters[p].options.clip_norm)) continue;
      const double norm = std::visit([]<class T>(const std::vector<T>& g) { return reference::norm(std::span<const T>(g)); }, formed_[p]);
      multiply(p, reference::clip_factor(norm, parameters[p].options.clip_norm, options.clip_form));
    }
    if (!std::isinf(options.global_clip_norm)) {
      report.global_norm = global_norm();
      const double factor = reference::clip_factor(report.global_norm, options.global_clip_norm, options.clip_form);
      for (std::size_t p = 0; p < formed_.size(); ++p) multiply(p, factor);
    }
    for (std::size_t p = 0; !value_first && p < formed_.size(); ++p) by_value(p);
  }

  // The sum of the parameters' sums; of scaled elements where it is out of range.
  double global_norm() const {
    double largest = 0;
    const auto total = [&](int exponent) {
      double sum = 0;
      for (const auto& each : formed_)
        std::visit(
            [&](const auto& g) {
              std::vector<double> scaled;
              for (const auto x : g)
                scaled.push_back(std::ldexp(static_cast<double>(x), -exponent)), largest = std::max(largest, double(std::abs(x)));
              sum = sum + reference::sum_of_squares(scaled);
            },
            each);
      return sum;
    };
    const double sum = total(0);
    if (sum == 0 || std::isnan(sum) || (sum >= 0x1p-900 && sum <= 0x1p1000)) return std::sqrt(sum);
    if (std::isinf(largest)) return largest;
    const int exponent = std::ilogb(largest);
    return std::ldexp(std::sqrt(total(exponent)), exponent);
  }

  void skip() {
    for (auto& p : parameters) {
      std::visit(
          [&]<class T>(plain_arrays<T>& a) {
            if (p.options.zero_gradients && p.has_gradients) a.gradients.assign(a.gradients.size(), T(0));
            if (takes_part(p)) a.pending.assign(a.pending.size(), T(0));
          },
          p.data);
      p.gathered = false;
    }
    calls = 0;
  }

  // Lines 5 to 11 for one parameter, or the gathering of a call that moves nothing.
  template <class T>
  void work(const plain_parameter& p, plain_arrays<T>& a, const std::vector<T>& g) const {
    if (moves_) {
      update_options rule = p.options.rule;  // what is left to do
      rule.gradient_scale = 1;
      rule.maximize = false;
      rule.clip_value = std::numeric_limits<double>::infinity();
      rule.constraint = {};
      const double rate = rate_of(p.group) * p.options.learning_rate_multiplier;
      if (p.options.method == method::dual_averaging)
        reference::dual_average(a.parameters, g, a.gradient_sums, a.accumulators, rate, iterations, rule);
      else reference::update(a.parameters, g, a.accumulators, rate, rule);
      a.pending.assign(a.pending.size(), T(0));
    } else if (p.has_gradients) {
      a.pending = g;
    }
    if (moves_ || counts_calls()) finish(p, a);
    if (p.options.zero_gradients && p.has_gradients) a.gradients.assign(a.gradients.size(), T(0));
  }

  // Lines 9 and 10, but for the proximal term.
  template <class T>
  void finish(const plain_parameter& p, plain_arrays<T>& a) const {
    const moving_average& how = p.options.average;
    const auto average = [&](average_position here) {
      if (!how.enabled || how.position != here) return;
      const bool starts = !p.averaging || (counts_calls() && averaged_steps() == 0);
      reference::average(a.averages, a.parameters, how.momentum, starts);
      if (how.overwrite_every != 0 && (averaged_steps() + 1) % how.overwrite_every == 0) a.parameters = a.averages;
    };
    average(average_position::before_constraint);
    const parameter_constraint& c = p.options.rule.constraint;
    const T lower = static_cast<T>(c.lower), upper = static_cast<T>(c.upper);
    if (c.kind == constraint_kind::non_negative) {
      for (T& w : a.parameters) w = w * static_cast<T>(w >= 0);
    } else if (c.kind == constraint_kind::box) {
      for (T& w : a.parameters) w = w < lower ? lower : w > upper ? upper : w;
    } else if (c.kind != constraint_kind::none) {
      reference::constrain_norms(a.parameters, p.options.shape, c, p.options.norm_fuzz);
    }
    average(average_position::after_constraint);
  }
};

// The same parameters in an optimizer, whose memory is `ours` (a copy of those of the plain one). Groups first.
inline void add_to(optimizer& o, plain_parameter& ours) {
  std::visit(
      [&]<class T>(plain_arrays<T>& a) {
        o.add(ours.name, a.parameters, std::span<const T>(a.gradients),
              in_group{ours.group, [&](parameter_options& options) { options = ours.options; }});
        if (!ours.has_gradients) o.detach_gradients(ours.name);
      },
      ours.data);
}

// What differs between an optimizer and the plain one, in words; "" for nothing.
inline std::string differences(optimizer& o, const std::vector<plain_parameter>& ours, const plain_optimizer& plain) {
  std::string found;
  for (std::size_t i = 0; i < ours.size(); ++i)
    std::visit(
        [&]<class T>(const plain_arrays<T>& mine) {
          const auto& right = std::get<plain_arrays<T>>(plain.parameters[i].data);
          const parameter_options& options = plain.parameters[i].options;
          const auto compare = [&](const char* what, std::span<const T> a, std::span<const T> b) {
            if (a.size() == b.size() && first_difference(a, b) == a.size()) return;
            found += ours[i].name + "'s " + what + "[" + std::to_string(first_difference(a, b)) + "] ";
          };
          compare("parameters", mine.parameters, right.parameters);
          compare("gradients", mine.gradients, right.gradients);
          const auto state = [&](state_array array) { return o.state_of<T>(i, array); };
          compare("accumulators", state(state_array::accumulators), right.accumulators);
          if (options.method == method::dual_averaging) compare("sums", state(state_array::gradient_sums), right.gradient_sums);
          if (options.average.enabled) compare("averages", state(state_array::averages), right.averages);
          if (plain.options.accumulation.calls > 1) compare("pending", state(state_array::pending_gradients), right.pending);
        },
        ours[i].data);
  return found;
}

}  // namespace adagrad::test
