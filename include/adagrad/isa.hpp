/// Instruction sets: which ones this machine has, which one is used, and how to force one.
#pragma once

#include <string_view>
#include <vector>

#include "adagrad/api.hpp"

namespace adagrad {

/// The instruction sets that this build holds and this machine can run, best first: of avx512bw, avx2, avx, sse42, sse2; neon64 on AArch64.
ADAGRAD_API std::vector<std::string_view> available_instruction_sets();

/// The instruction set that the next call will use: the forced one, else the one named by the environment variable ADAGRAD_ISA (read at first
/// use), else the best available. Throws std::invalid_argument when ADAGRAD_ISA names one that is unknown or not available.
ADAGRAD_API std::string_view instruction_set();

/// Uses the named instruction set from now on, in every thread; an empty name reads ADAGRAD_ISA again, or goes back to the best one. Throws
/// std::invalid_argument, listing the available ones, when it is unknown or not available; then nothing changes. Calls
/// that are running finish with the one they started with.
ADAGRAD_API void force_instruction_set(std::string_view name);

}  // namespace adagrad
