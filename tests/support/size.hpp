// Long tests look at every value where that is affordable (native, optimised) and at every 251st elsewhere (emulated, with sanitizers).
#pragma once

#include <cstdint>

namespace adagrad::test {

#if defined(ADAGRAD_TEST_THIN)
inline constexpr bool thin = true;
#else
inline constexpr bool thin = false;
#endif
inline constexpr std::uint64_t stride = thin ? 251 : 1;  // a prime: every lane and every low bit still gets its turn

}  // namespace adagrad::test
