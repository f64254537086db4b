/// The one BLAS routine that is needed, from whichever BLAS the program is linked with.
#pragma once

#include <cstddef>

namespace fashion {

/// A factor of a product: a matrix, its rows one after the other without gaps, or the transpose of such a matrix.
struct factor {
  const float* data;
  bool transposed = false;
};

/// C = A * B + beta * C, where C is rows x columns and `depth` is the dimension summed over.
void multiply(std::size_t rows, std::size_t columns, std::size_t depth, factor a, factor b, float beta, float* c);

/// Makes the BLAS use one thread. How it splits a product among threads may change the sums' last bits, and it would pick another number of
/// threads on another machine or under another CPU quota.
void use_one_blas_thread();

}  // namespace fashion
