// Other options for everything at once, as a load takes them from a file.
#include <stdexcept>
#include <utility>

#include "optimizer/state.hpp"
#include "validate/optimizer.hpp"
#include "validate/schedule.hpp"

namespace adagrad {

// Everything that changes, ready to be exchanged with what is there: once to replace, once more to go back.
struct contents_access::option_replacement::exchanged {
  optimizer::state& of;
  replaced_options with;
  std::shared_ptr<const parameter_options> defaults;
  std::vector<std::variant<adoption<float>, adoption<double>>> adopted{};

  // Parameters are judged by them.
  void exchange_common() noexcept {
    std::swap(of.options, with.all);
    for (std::size_t g = 0; g < of.groups.size(); ++g) std::swap(of.groups[g].learning_rate, with.of_groups[g]);
  }
  void exchange_others() noexcept {
    std::swap(of.groups[0].options, defaults);
    of.any_norms = false;
    for (std::size_t i = 0; i < of.parameters.size(); ++i) {
      named_parameter& p = of.parameters[i];
      std::visit([&](auto& adoption) { optimizer::state::exchange(p, adoption); }, adopted[i]);
      of.any_norms |= p.norms != nullptr;
    }
    of.products = true;
    of.written_current = of.norm_tiles_current = of.all_filled = false;
  }
};

contents_access::option_replacement::option_replacement(optimizer& of, replaced_options with) {
  optimizer::state& s = of.get();
  for (std::size_t g = 0; g < s.groups.size(); ++g) {
    if (!with.of_groups[g]) continue;
    try {
      validate::learning_rate_schedule(*with.of_groups[g]);
    } catch (const std::invalid_argument& refusal) {
      throw std::invalid_argument(std::string(refusal.what()) + " (in the group \"" + s.groups[g].name + "\")");
    }
  }
  validate::learning_rate_schedule(with.all.learning_rate);
  validate::optimizer(with.all);
  validate::parameter<double>(with.all.defaults, with.all);
  with.all.how = s.options.how;
  auto defaults = std::make_shared<const parameter_options>(with.all.defaults);
  auto made = std::make_unique<exchanged>(exchanged{s, std::move(with), std::move(defaults)});
  const std::size_t more = s.parameters.size() * 4;  // stretches of memory that may be written now
  s.written.reserve(s.written_ranges + more);
  made->exchange_common();
  try {
    for (std::size_t i = 0; i < s.parameters.size(); ++i) {
      const named_parameter& p = s.parameters[i];
      auto options_of_it = std::make_shared<const parameter_options>(made->with.each[i]);
      std::visit(
          [&]<class T>(const dense::work<T>&) { made->adopted.emplace_back(s.make_adoption<T>(p, std::move(options_of_it), p.name)); },
          p.work);
    }
  } catch (...) {
    made->exchange_common();
    throw;
  }
  made->exchange_others();
  s.written_ranges += more;
  exchanged_ = std::move(made);
}

contents_access::option_replacement::~option_replacement() {
  if (exchanged_ == nullptr) return;
  exchanged_->exchange_common();
  exchanged_->exchange_others();
}

// Arrays that the options do not ask for any more are let go: what is in them would be taken for what came with the file.
void contents_access::option_replacement::keep() noexcept {
  optimizer::state& s = exchanged_->of;
  for (named_parameter& p : s.parameters)
    std::visit(
        [&]<class T>(dense::work<T>& work) {
          if (s.options.accumulation.calls == 1) work.pending = nullptr;
          if (p.options->method != method::dual_averaging) work.gradient_sums = nullptr;
          if (!p.options->average.enabled) work.averages = nullptr;
        },
        p.work);
  exchanged_ = nullptr;
}

}  // namespace adagrad
