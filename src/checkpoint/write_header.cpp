#include <set>
#include <stdexcept>

#include "checkpoint/header.hpp"
#include "checkpoint/rules.hpp"
#include "checkpoint/text.hpp"

namespace adagrad::checkpoint {
namespace {

constexpr std::size_t length_bytes = 8, data_alignment = 64;

void refuse_fault(const std::string& fault) {
  if (!fault.empty()) throw std::invalid_argument("adagrad: a header that cannot be written: " + fault);
}

void refuse_bad_utf8(const std::string& text, const char* what) {
  if (const char* fault = utf8_fault(text)) refuse_fault(what + quoted(text) + " is " + fault);
}

// In the quotes of JSON.
void append_string(std::string& json, const std::string& text) {
  static constexpr char hex_digits[] = "0123456789abcdef";
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') json += {'\\', c};
    else if (static_cast<unsigned char>(c) < 0x20) json += {'\\', 'u', '0', '0', hex_digits[c >> 4], hex_digits[c & 15]};
    else json += c;
  }
  json += '"';
}

void append_tensor(std::string& json, const tensor& t) {
  append_string(json, t.name);
  json += std::string(":{\"dtype\":\"") + name(t.type) + "\",\"shape\":[";
  for (std::size_t i = 0; i < t.shape.size(); ++i) json += (i > 0 ? "," : "") + std::to_string(t.shape[i]);
  json += "],\"data_offsets\":[" + std::to_string(t.begin) + "," + std::to_string(t.end) + "]}";
}

// What read_header asks of a header, the length of its JSON excepted.
void check(const header& h) {
  for (const auto& [key, value] : h.metadata) {
    refuse_bad_utf8(key, "the key of metadata ");
    refuse_bad_utf8(value, "the metadata ");
  }
  std::set<std::string_view> names;
  std::uint64_t end = 0;
  for (const tensor& t : h.tensors) {
    refuse_fault(rules::name_fault(t.name));
    if (t.name == rules::metadata_key) refuse_fault("no tensor can have the name \"__metadata__\"");
    if (!names.insert(t.name).second) refuse_fault("two tensors have the name " + quoted(t.name));
    if (t.type > element::u64)
      refuse_fault("tensor " + quoted(t.name) + " has the type " + std::to_string(static_cast<unsigned>(t.type)) + ", which is no element");
    refuse_fault(rules::size_fault(t));
    refuse_fault(rules::place_fault(t, end));
    end = t.end;
  }
}

}  // namespace

std::string write_header(const header& h) {
  check(h);
  std::string result(length_bytes, '\0');
  result += '{';
  const auto separate = [&] {
    if (result.back() != '{') result += ',';
  };
  if (!h.metadata.empty()) {
    append_string(result, rules::metadata_key);
    result += ":{";
    for (const auto& [key, value] : h.metadata) {
      separate();
      append_string(result, key);
      result += ':';
      append_string(result, value);
    }
    result += '}';
  }
  for (const tensor& t : h.tensors) {
    separate();
    append_tensor(result, t);
  }
  result += '}';
  result.append((data_alignment - result.size() % data_alignment) % data_alignment, ' ');
  const std::uint64_t length = result.size() - length_bytes;
  if (length > longest_header)
    refuse_fault("its " + std::to_string(length) + " bytes are more than the " + std::to_string(longest_header) + " that are read");
  if (!h.tensors.empty() && h.tensors.back().end > ~std::uint64_t{0} - result.size())
    refuse_fault("with its data the file would have more than 2^64 - 1 bytes");
  for (std::size_t i = 0; i < length_bytes; ++i) result[i] = static_cast<char>(static_cast<unsigned char>(length >> 8 * i));
  return result;
}

}  // namespace adagrad::checkpoint
