// What must hold for the tensors of a header, whether it is read or written. Each function returns what is wrong, or nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "checkpoint/tensor.hpp"

namespace adagrad::checkpoint::rules {

inline constexpr const char* metadata_key = "__metadata__";

std::string name_fault(std::string_view name);

// Of its bytes: begin before end, as many as its shape and type make.
std::string size_fault(const tensor& t);

// Whether it begins where the one before it ended: neither overlap nor hole.
std::string place_fault(const tensor& t, std::uint64_t previous_end);

}  // namespace adagrad::checkpoint::rules
