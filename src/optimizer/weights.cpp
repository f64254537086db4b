#include "adagrad/weights.hpp"

#include <algorithm>

#include "optimizer/contents.hpp"
#include "validate/fail.hpp"

namespace adagrad {
namespace {

const kept_array& accumulators_of(const kept_parameter& p) {
  return *std::find_if(p.arrays.begin(), p.arrays.end(), [](const kept_array& a) { return a.what == content::accumulators; });
}

template <class T>
void check(const std::vector<T>& values, const kept_parameter& p) {
  const std::string name(p.name);
  const kept_array& kept = accumulators_of(p);
  const bool is_float = kept.type == content_type::f32;
  if (is_float != (sizeof(T) == sizeof(float)))
    validate::fail(&name,
                   std::string("its accumulators are ") + (is_float ? "float" : "double") + ", those of the list are not: convert them");
  if (values.size() != kept.rows * kept.width)
    validate::fail(&name, "the list has " + std::to_string(values.size()) + " accumulators for it in place of " +
                              std::to_string(kept.rows * kept.width) + ": pass the parameters' in the order in which they were added");
  const auto bad = std::find_if(values.begin(), values.end(), [](T G) { return !(G >= 0); });
  if (bad != values.end())
    validate::fail(&name, "accumulators[" + std::to_string(bad - values.begin()) + "] is " + validate::text(static_cast<double>(*bad)) +
                              "; a sum of squares is at least 0: pass what get_weights returned");
}

}  // namespace

optimizer_weights get_weights(optimizer& of) {
  optimizer_weights found{.iterations = of.iterations()};
  for (const kept_parameter& p : contents_access::of(of).parameters) {
    const kept_array& kept = accumulators_of(p);
    const auto copy = [&]<class T>(const T* from) { found.accumulators.emplace_back(std::vector<T>(from, from + kept.rows * kept.width)); };
    if (kept.type == content_type::f32) copy(static_cast<const float*>(kept.data));
    else copy(static_cast<const double*>(kept.data));
  }
  return found;
}

void set_weights(optimizer& of, const optimizer_weights& weights) {
  const optimizer_contents mine = contents_access::of(of);
  if (weights.accumulators.size() != mine.parameters.size())
    validate::fail(nullptr, "the list has accumulators of " + std::to_string(weights.accumulators.size()) +
                                " parameters, but the optimizer has " + std::to_string(mine.parameters.size()) +
                                ": pass one array for each, in the order in which they were added");
  for (std::size_t i = 0; i < mine.parameters.size(); ++i)
    std::visit([&](const auto& values) { check(values, mine.parameters[i]); }, weights.accumulators[i]);
  of.flush();  // looks for overlaps where places have changed: the last thing that may be refused
  for (std::size_t i = 0; i < mine.parameters.size(); ++i)
    std::visit([&](const auto& values) { of.set_accumulators(i, values); }, weights.accumulators[i]);
  if (weights.iterations) of.set_iterations(*weights.iterations);
}

}  // namespace adagrad
