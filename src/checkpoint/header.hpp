// The header of a safetensors file: 8 bytes with the length of the JSON behind them, little endian; the JSON, which may be padded with spaces; then
// the data of the tensors without holes. What this reads is stricter than the format: see header.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "checkpoint/failure.hpp"
#include "checkpoint/tensor.hpp"

namespace adagrad::checkpoint {

inline constexpr std::uint64_t longest_header = std::uint64_t{64} << 20;  // bytes of JSON with its padding
inline constexpr std::uint64_t longest_name = 4096;                       // bytes of a tensor's name

// How many bytes of the file read_header needs, 8 + the length they state. Refuses a length that no header has, so that what is
// allocated for a damaged file is bounded too.
std::uint64_t header_bytes(std::string_view first_eight, std::uint64_t file_size);

// `bytes` is the file from its beginning, at least as far as header_bytes says; what is behind is not looked at. Throws format_failure.
header read_header(std::string_view bytes, std::uint64_t file_size);

// The bytes of the file up to its data, which begin at a multiple of 64; data_begin of h is ignored. Throws std::invalid_argument
// where read_header would refuse the result.
std::string write_header(const header& h);

}  // namespace adagrad::checkpoint
