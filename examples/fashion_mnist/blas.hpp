/// The one BLAS routine that is needed, from whichever BLAS the program is linked with.
#pragma once

namespace fashion {

/// C = A * B + beta * C, all column-major; B is transposed when `transpose_b`. C is rows x columns, `depth` is the dimension summed over.
void multiply(int rows, int columns, int depth, const float* a, int stride_a, const float* b, int stride_b, bool transpose_b, float beta,
              float* c, int stride_c);

/// Makes the BLAS use one thread. How it splits a product among threads may change the sums' last bits, and it would pick another number of
/// threads on another machine or under another CPU quota.
void use_one_blas_thread();

}  // namespace fashion
