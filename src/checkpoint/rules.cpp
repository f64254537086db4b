#include "checkpoint/rules.hpp"

#include <algorithm>

#include "checkpoint/header.hpp"
#include "checkpoint/text.hpp"

namespace adagrad::checkpoint::rules {
namespace {

std::string tensor_named(const tensor& t) { return "tensor " + quoted(t.name); }

}  // namespace

std::string name_fault(std::string_view name) {
  if (name.empty()) return "a tensor's name is empty";
  if (name.size() > longest_name)
    return "a tensor's name has " + std::to_string(name.size()) + " bytes; at most " + std::to_string(longest_name) + " are read";
  for (std::size_t at = 0; at < name.size();) {
    const decoded one = decode(name, at);
    if (one.fault) return "the tensor's name " + quoted(name) + " is " + one.fault;
    if (is_control(one.code)) return "the tensor's name " + quoted(name) + " holds a control character";
    at += one.length;
  }
  return {};
}

std::string size_fault(const tensor& t) {
  if (t.begin > t.end)
    return tensor_named(t) + " has its data_offsets the wrong way round: " + std::to_string(t.begin) + " is above " + std::to_string(t.end);
  // The sizes beside a 0 must make sense, too: which one comes first must not matter.
  std::uint64_t bytes = size_of(t.type);
  for (const std::uint64_t size : t.shape)
    if (size != 0 && __builtin_mul_overflow(bytes, size, &bytes)) return tensor_named(t) + " has a shape of more than 2^64 - 1 bytes";
  if (std::find(t.shape.begin(), t.shape.end(), std::uint64_t{0}) != t.shape.end()) bytes = 0;
  if (t.end - t.begin != bytes)
    return tensor_named(t) + " has " + std::to_string(t.end - t.begin) + " bytes of data, and its shape and type make " +
           std::to_string(bytes);
  return {};
}

std::string place_fault(const tensor& t, std::uint64_t previous_end) {
  const auto here = [&] { return std::to_string(t.begin) + " and what is before it ends at " + std::to_string(previous_end); };
  if (t.begin < previous_end) return tensor_named(t) + " overlaps another: it begins at " + here();
  if (t.begin > previous_end) return "there is a hole in front of " + tensor_named(t) + ": it begins at " + here();
  return {};
}

}  // namespace adagrad::checkpoint::rules
