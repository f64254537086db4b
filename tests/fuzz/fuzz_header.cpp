// A fuzzer of read_header (clang++-14 -fsanitize=fuzzer,address,undefined): the input is a file. What is taken must be written and read back
// to equal content; what is not taken must end in a format_failure.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "checkpoint/header.hpp"

using namespace adagrad::checkpoint;

namespace {

void must(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

// Most inputs get a length that fits: few mutations would find one.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned int seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (size < 10 || seed % 8 == 0) return size;
  const std::string_view json(reinterpret_cast<const char*>(data) + 8, size - 8);
  const std::size_t last = json.rfind('}');
  const std::uint64_t length = seed % 8 == 1 || last == json.npos ? json.size() : last + 1;
  for (std::size_t i = 0; i < 8; ++i) data[i] = static_cast<std::uint8_t>(length >> 8 * i);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  header taken;
  try {
    taken = read_header(file, size);
  } catch (const format_failure& failure) {
    must(failure.offset() <= size && std::string_view(failure.what()).starts_with("byte "));
    return 0;
  }
  const std::uint64_t data_size = taken.tensors.empty() ? 0 : taken.tensors.back().end;
  must(taken.data_begin + data_size == size);
  const std::string written = write_header(taken);
  const header back = read_header(written, written.size() + data_size);
  must(back.metadata == taken.metadata && back.tensors == taken.tensors);
  must(write_header(back) == written);
  return 0;
}
