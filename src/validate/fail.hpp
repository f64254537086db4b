// How a refusal is worded: "adagrad: [parameter "name": ]field is value; ...: remedy".
#pragma once

#include <string>

namespace adagrad::validate {

// Throws std::invalid_argument. `parameter` is the name of the optimizer's parameter that is meant, null for none.
[[noreturn]] void fail(const std::string* parameter, const std::string& what);

// The shortest text that reads back as this very number.
std::string text(double value);

}  // namespace adagrad::validate
