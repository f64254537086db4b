// Checkpoints taken apart and put together again, their digests mended, so that whoever reads a changed one looks at what was changed.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/digest.hpp"
#include "checkpoint/header.hpp"
#include "checkpoint/layout.hpp"

namespace adagrad::test {

struct opened_tensor {
  std::string name;
  checkpoint::element type = checkpoint::element::f32;
  std::vector<std::uint64_t> shape;
  std::string bytes;
};

struct opened_file {
  std::map<std::string, std::string> metadata;
  std::vector<opened_tensor> tensors;

  opened_tensor& tensor(std::string_view name) {
    return *std::find_if(tensors.begin(), tensors.end(), [&](const opened_tensor& t) { return t.name == name; });
  }
};

inline std::string digest_of(std::string_view bytes) {
  checkpoint::digest sum;
  sum.add(bytes.data(), bytes.size());
  return checkpoint::written_digest(sum.value());
}

// Throws format_failure.
inline opened_file open_file(std::string_view bytes) {
  const checkpoint::header h = checkpoint::read_header(bytes, bytes.size());
  opened_file file{h.metadata, {}};
  for (const checkpoint::tensor& t : h.tensors)
    file.tensors.push_back({t.name, t.type, t.shape, std::string(bytes.substr(h.data_begin + t.begin, t.end - t.begin))});
  return file;
}

enum class sealing { header, header_and_tensors };  // which digests are mended

// Throws std::invalid_argument where there can be no such header.
inline std::string sealed(const opened_file& file, sealing which = sealing::header_and_tensors) {
  checkpoint::header h{file.metadata, {}, 0};
  std::string data;
  for (const opened_tensor& t : file.tensors) {
    h.tensors.push_back({t.name, t.type, t.shape, data.size(), data.size() + t.bytes.size()});
    data += t.bytes;
    if (which == sealing::header_and_tensors) h.metadata[checkpoint::key::digest_of(t.name)] = digest_of(t.bytes);
  }
  h.metadata[checkpoint::key::digest] = checkpoint::header_digest(h);
  return checkpoint::write_header(h) + data;
}

}  // namespace adagrad::test
