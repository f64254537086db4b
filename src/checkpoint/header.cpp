// Files come from anywhere. So everything is checked before it is used, nothing is guessed or repaired, and what is allocated is a small
// multiple of the header's bytes, whatever numbers it holds.
#include "checkpoint/header.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "checkpoint/json.hpp"
#include "checkpoint/rules.hpp"
#include "checkpoint/text.hpp"

namespace adagrad::checkpoint {
namespace {

constexpr std::uint64_t length_bytes = 8;

struct placed {
  checkpoint::tensor tensor;
  std::uint64_t at;  // where its name stands in the file
};

void refuse_fault(std::uint64_t offset, const std::string& fault) {
  if (!fault.empty()) throw format_failure(offset, fault);
}

element read_type(json::reader& json) {
  json.peek();
  const std::uint64_t at = json.offset();
  const std::string spelled = json.string("a dtype in quotes");
  std::string known;
  for (const element type : {element::f32, element::f64, element::u64}) {
    if (spelled == name(type)) return type;
    known += (known.empty() ? "" : ", ") + std::string(name(type));
  }
  throw format_failure(at, "the dtype " + quoted(spelled) + " is unknown here; known are " + known);
}

std::pair<std::uint64_t, std::uint64_t> read_offsets(json::reader& json) {
  json.peek();
  const std::uint64_t at = json.offset();
  std::uint64_t offsets[2] = {};
  std::size_t count = 0;
  json.array([&] {
    if (count == 2) throw format_failure(json.offset(), "data_offsets has more than two numbers");
    offsets[count++] = json.integer();
  });
  if (count != 2) throw format_failure(at, "data_offsets has " + std::to_string(count) + " numbers; it must be [begin, end]");
  return {offsets[0], offsets[1]};
}

placed read_tensor(json::reader& json, const std::string& name, std::uint64_t at) {
  refuse_fault(at, rules::name_fault(name));
  std::optional<element> type;
  std::optional<std::vector<std::uint64_t>> shape;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> offsets;
  json.object([&](const std::string& key, std::uint64_t key_at) {
    if (key == "dtype") {
      type = read_type(json);
    } else if (key == "shape") {
      shape.emplace();
      json.array([&] { shape->push_back(json.integer()); });
    } else if (key == "data_offsets") {
      offsets = read_offsets(json);
    } else {
      throw format_failure(key_at, "unknown key " + quoted(key) + "; a tensor has dtype, shape and data_offsets");
    }
  });
  const char* missing = !type ? "dtype" : !shape ? "shape" : !offsets ? "data_offsets" : nullptr;
  if (missing) throw format_failure(at, "tensor " + quoted(name) + " has no " + missing);
  placed result{{name, *type, std::move(*shape), offsets->first, offsets->second}, at};
  refuse_fault(at, rules::size_fault(result.tensor));
  return result;
}

// Puts the tensors in order. Each begins where the one before it ends, the last one ends with the file.
void arrange(std::vector<placed>& tensors, std::uint64_t data_begin, std::uint64_t file_size) {
  std::stable_sort(tensors.begin(), tensors.end(), [](const placed& a, const placed& b) {
    return std::tie(a.tensor.begin, a.tensor.end) < std::tie(b.tensor.begin, b.tensor.end);
  });
  std::uint64_t end = 0;
  for (const placed& each : tensors) {
    refuse_fault(each.at, rules::place_fault(each.tensor, end));
    end = each.tensor.end;
  }
  const std::uint64_t there = file_size - data_begin;
  if (end > there)
    throw format_failure(file_size, "the file ends here, with " + std::to_string(there) + " bytes of data where its header states " +
                                        std::to_string(end) + ": it has been cut short");
  if (end < there)
    throw format_failure(data_begin + end, std::to_string(there - end) + " bytes stand behind the last tensor and belong to none");
}

}  // namespace

std::uint64_t header_bytes(std::string_view first_eight, std::uint64_t file_size) {
  if (file_size < length_bytes || first_eight.size() < length_bytes)
    throw format_failure(std::min<std::uint64_t>(file_size, first_eight.size()),
                         "the file ends before the 8 bytes of its header's length: it is no safetensors file, or has been cut short");
  std::uint64_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;) length = length << 8 | static_cast<unsigned char>(first_eight[i]);
  const auto refuse = [&](const std::string& why) {
    throw format_failure(0, "the length of the header is " + std::to_string(length) + ", " + why);
  };
  if (length < 2) refuse("and the shortest one, {}, has 2 bytes");
  if (length > longest_header) refuse("and at most " + std::to_string(longest_header) + " are read: is it a safetensors file?");
  if (length > file_size - length_bytes)
    refuse("and the file has " + std::to_string(file_size - length_bytes) + " bytes behind it: it has been cut short");
  return length_bytes + length;
}

header read_header(std::string_view bytes, std::uint64_t file_size) {
  const std::uint64_t data_begin = header_bytes(bytes.substr(0, length_bytes), file_size);
  if (bytes.size() < data_begin)
    throw format_failure(
        bytes.size(), "only " + std::to_string(bytes.size()) + " of the header's " + std::to_string(data_begin) + " bytes could be read");
  const std::string_view text = bytes.substr(length_bytes, data_begin - length_bytes);
  if (text[0] != '{') throw format_failure(length_bytes, "the header does not begin with {: it is no safetensors file");
  header result;
  std::vector<placed> tensors;
  json::reader json(text, length_bytes);
  json.object([&](const std::string& key, std::uint64_t at) {
    if (key == rules::metadata_key)
      json.object([&](const std::string& name, std::uint64_t) { result.metadata.insert_or_assign(name, json.string()); });
    else tensors.push_back(read_tensor(json, key, at));
  });
  json.end();
  arrange(tensors, data_begin, file_size);
  result.tensors.reserve(tensors.size());
  for (placed& each : tensors) result.tensors.push_back(std::move(each.tensor));
  result.data_begin = data_begin;
  return result;
}

}  // namespace adagrad::checkpoint
