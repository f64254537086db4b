// What a checkpoint of an optimizer holds: which tensors, in which order, and the strings that go with them.
#pragma once

#include <string>
#include <string_view>

#include "checkpoint/tensor.hpp"
#include "optimizer/contents.hpp"

namespace adagrad::checkpoint {

inline constexpr const char* format_version = "1";

// Keys of the metadata.
namespace key {
inline constexpr const char *format = "adagrad.format", *version = "adagrad.version", *iterations = "adagrad.iterations",
                            *pending_calls = "adagrad.pending_calls", *options = "adagrad.options",
                            *learning_rate = "adagrad.learning_rate", *digest = "adagrad.digest";
std::string parameter(std::string_view name, const char* what);  // what: options, rows, learning_rate, owed
std::string digest_of(std::string_view tensor);
}  // namespace key

// That of a group, which may be inherited.
const schedule& schedule_of(const optimizer_contents& contents, std::size_t group);

std::string tensor_name(std::string_view parameter, content what);
element element_of(content_type type);
std::vector<std::uint64_t> shape_of(const kept_parameter& parameter, const kept_array& array);

// Whether a file has this array: averages once they have begun, pending gradients once there are some, all others always.
bool is_saved(const kept_parameter& parameter, const kept_array& array);

// Calls body(bytes, count) for the array's elements, in order; pieces of a strided table one by one.
template <class Body>
void for_each_piece(const kept_array& array, const Body& body) {
  const std::size_t size = array.type == content_type::f32 ? 4 : 8;
  auto* const bytes = static_cast<char*>(array.data);
  if (array.rows == 0 || array.width == 0) return;
  if (array.stride == array.width) return body(bytes, array.rows * array.width * size);
  for (std::size_t row = 0; row < array.rows; ++row) body(bytes + row * array.stride * size, array.width * size);
}

// The same for all that is_saved, in the order of the file.
template <class Body>
void for_each_saved(const optimizer_contents& contents, const Body& body) {
  for (const kept_parameter& p : contents.parameters)
    for (const kept_array& array : p.arrays)
      if (is_saved(p, array)) for_each_piece(array, body);
}

// The header of a file with everything that is_saved, digests included: reads all arrays once.
header make_header(const optimizer_contents& contents);

// 16 hexadecimal digits that depend on all of the header but themselves, which are put aside meanwhile: a copy would be large.
std::string header_digest(header& h);

}  // namespace adagrad::checkpoint
