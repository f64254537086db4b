#include "checkpoint/layout.hpp"

#include <map>

#include "adagrad/version.hpp"
#include "checkpoint/digest.hpp"
#include "checkpoint/header.hpp"
#include "checkpoint/in_parallel.hpp"
#include "checkpoint/option_text.hpp"

namespace adagrad::checkpoint {
namespace {

const char* name_of(content what) {
  switch (what) {
    case content::accumulators: return "accumulator";
    case content::gradient_sums: return "gradient_sum";
    case content::averages: return "average";
    case content::pending_gradients: return "pending_gradient";
    case content::row_counts: return "row_count";
    default: return "row_payment";
  }
}

}  // namespace

namespace key {
std::string parameter(std::string_view name, const char* what) {
  return "adagrad.parameter." + std::string(what) + "." + std::string(name);
}
std::string digest_of(std::string_view tensor) { return "adagrad.digest." + std::string(tensor); }
}  // namespace key

const schedule& schedule_of(const optimizer_contents& contents, std::size_t group) {
  while (group != 0 && contents.groups[group].learning_rate == nullptr) group = contents.groups[group].parent;
  return group == 0 ? contents.options->learning_rate : *contents.groups[group].learning_rate;
}

std::string tensor_name(std::string_view parameter, content what) {
  return what == content::parameters ? "param/" + std::string(parameter) : "state/" + std::string(parameter) + "/" + name_of(what);
}

element element_of(content_type type) {
  return type == content_type::f32 ? element::f32 : type == content_type::f64 ? element::f64 : element::u64;
}

std::vector<std::uint64_t> shape_of(const kept_parameter& parameter, const kept_array& array) {
  if (parameter.rows != nullptr && array.width > 1) return {array.rows, array.width};
  if (parameter.rows != nullptr) return {array.rows};
  if (parameter.options->shape.empty()) return {array.width};
  return {parameter.options->shape.begin(), parameter.options->shape.end()};
}

bool is_saved(const kept_parameter& parameter, const kept_array& array) {
  if (array.what == content::averages) return parameter.averaging;
  if (array.what == content::pending_gradients) return parameter.gathered;
  return true;
}

header make_header(const optimizer_contents& contents) {
  header made;
  auto& strings = made.metadata;
  strings[key::format] = format_version;
  strings[key::version] = version();
  strings[key::iterations] = std::to_string(contents.iterations);
  strings[key::pending_calls] = std::to_string(contents.pending_calls);
  // Each schedule is asked once: one that is the user's own code may answer otherwise the next time.
  std::map<const schedule*, std::string> rates;
  const auto rate = [&](const schedule& rule) -> const std::string& {
    const auto found = rates.find(&rule);
    return found != rates.end() ? found->second : rates.emplace(&rule, option_text(rule, contents.iterations)).first->second;
  };
  strings[key::learning_rate] = rate(contents.options->learning_rate);
  strings[key::options] = option_text(*contents.options, strings[key::learning_rate]);
  std::uint64_t end = 0;
  std::vector<const kept_array*> arrays;
  for (const kept_parameter& p : contents.parameters) {
    strings[key::parameter(p.name, "options")] = option_text(*p.options);
    strings[key::parameter(p.name, "learning_rate")] = rate(schedule_of(contents, p.group));
    if (p.rows != nullptr) strings[key::parameter(p.name, "rows")] = option_text(*p.rows);
    if (p.rows != nullptr && p.rows->lazy != lazy_term::none) strings[key::parameter(p.name, "owed")] = number_text(p.owed);
    for (const kept_array& array : p.arrays) {
      if (!is_saved(p, array)) continue;
      const std::uint64_t begin = end;
      end += array.rows * array.width * size_of(element_of(array.type));
      made.tensors.push_back({tensor_name(p.name, array.what), element_of(array.type), shape_of(p, array), begin, end});
      arrays.push_back(&array);
    }
  }
  std::vector<std::uint64_t> digests(arrays.size());
  in_parallel(arrays.size(), workers_for(contents.options->how, arrays.size(), end), contents.options->how.pool,
              [&](std::size_t i, unsigned) {
                digest sum;
                for_each_piece(*arrays[i], [&](const char* bytes, std::size_t count) { sum.add(bytes, count); });
                digests[i] = sum.value();
              });
  for (std::size_t i = 0; i < digests.size(); ++i) strings[key::digest_of(made.tensors[i].name)] = written_digest(digests[i]);
  strings[key::digest] = header_digest(made);
  return made;
}

std::string header_digest(header& h) {
  std::string digits(16, '0');
  digits.swap(h.metadata[key::digest]);
  const std::string bytes = write_header(h);
  digits.swap(h.metadata[key::digest]);
  digest sum;
  sum.add(bytes.data(), bytes.size());
  return written_digest(sum.value());
}

}  // namespace adagrad::checkpoint
