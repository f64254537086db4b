/// The library's version (semantic versioning). CMake reads it from here.
#pragma once

#include "adagrad/api.hpp"

#define ADAGRAD_VERSION_MAJOR 0
#define ADAGRAD_VERSION_MINOR 1
#define ADAGRAD_VERSION_PATCH 0

namespace adagrad {

/// The version of the library that runs, "major.minor.patch"; the macros give that of the headers.
ADAGRAD_API const char* version() noexcept;

}  // namespace adagrad
