#include "optimizer/contents.hpp"

#include "optimizer/state.hpp"
#include "validate/schedule.hpp"

namespace adagrad {
namespace {

template <class T>
inline constexpr content_type type_of = sizeof(T) == sizeof(float) ? content_type::f32 : content_type::f64;

template <class T>
void list_arrays(dense::work<T>& work, table* table, const parameter_options& options, bool accumulates, std::vector<kept_array>& arrays) {
  std::size_t rows = 1, width = work.count;
  if (table != nullptr) {
    const auto& t = std::get<table_of<T>>(table->typed);
    arrays.push_back({content::parameters, type_of<T>, t.view.data, t.view.rows, t.view.width, t.view.stride});
    rows = t.view.rows;
    width = t.plan.rowwise ? 1 : t.view.width;
  } else {
    arrays.push_back({content::parameters, type_of<T>, work.parameters, 1, work.count, work.count});
  }
  const auto add = [&](content what, T* data) { arrays.push_back({what, type_of<T>, data, rows, width, width}); };
  add(content::accumulators, work.accumulators);
  if (options.method == method::dual_averaging) add(content::gradient_sums, work.gradient_sums);
  if (options.average.enabled) add(content::averages, work.averages);
  if (accumulates) add(content::pending_gradients, work.pending);
  if (table == nullptr) return;
  if (table->options.counter_halflife > 0)
    arrays.push_back({content::row_counts, content_type::u64, table->counts.data(), table->counts.size(), 1, 1});
  if (table->options.lazy != lazy_term::none)
    arrays.push_back({content::row_payments, content_type::f64, table->debts.paid.data(), table->debts.paid.size(), 1, 1});
}

}  // namespace

optimizer_contents contents_access::of(optimizer& from) {
  from.get().must_be_whole();
  return for_load(from);
}

optimizer_contents contents_access::for_load(optimizer& to) {
  optimizer::state& s = to.get();
  s.prepare_arrays();
  optimizer_contents found{&s.options, s.iterations, s.calls, {}, {}};
  for (const parameter_group& group : s.groups)
    found.groups.push_back({group.name, group.options.get(), group.learning_rate ? &*group.learning_rate : nullptr, group.parent});
  for (named_parameter& p : s.parameters) {
    kept_parameter& kept = found.parameters.emplace_back(
        kept_parameter{*p.name, p.group, p.options.get(), nullptr, 0, p.averaging, p.gathered, p.half_loaded, {}});
    if (p.table != nullptr) {
      kept.rows = &p.table->options;
      kept.owed = p.table->debts.owed;
    }
    std::visit([&](auto& work) { list_arrays(work, p.table.get(), *p.options, s.options.accumulation.calls > 1, kept.arrays); }, p.work);
  }
  return found;
}

void contents_access::restore(optimizer& to, std::uint64_t iterations, std::uint64_t pending_calls,
                              const std::vector<restored_parameter>& parameters) noexcept {
  optimizer::state& s = to.get();
  s.iterations = iterations;
  s.calls = pending_calls;
  for (std::size_t i = 0; i < s.parameters.size(); ++i) {
    named_parameter& p = s.parameters[i];
    if (!parameters[i].written) continue;
    p.averaging = parameters[i].averaging;
    p.gathered = parameters[i].gathered;
    p.clip_factor = 1;
    if (p.table != nullptr) p.table->debts.owed = parameters[i].owed;
    p.half_loaded = false;
  }
  s.tiles_current = s.norm_tiles_current = false;  // which gradients are pending may have changed
  s.half_loaded = false;
}

void contents_access::begin_writing(optimizer& to, const std::vector<restored_parameter>& parameters) noexcept {
  optimizer::state& s = to.get();
  s.half_loaded = true;
  for (std::size_t i = 0; i < s.parameters.size(); ++i) s.parameters[i].half_loaded |= parameters[i].written;
}

void contents_access::check_learning_rate(const schedule& rule) { validate::learning_rate_schedule(rule); }

void contents_access::check_overlaps(optimizer& of) { of.get().check_overlaps(); }

contents_access::question::question(optimizer& of) : asking_(&of.get().asking) { *asking_ = true; }
contents_access::question::~question() { *asking_ = false; }

bool contents_access::half_loaded(const optimizer& o) noexcept { return o.state_ != nullptr && o.state_->half_loaded; }

}  // namespace adagrad
