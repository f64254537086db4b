#include "blas.hpp"

#include <dlfcn.h>

// As Fortran sees it. The two lengths belong to the character arguments: a BLAS compiled from Fortran expects them, one in C does not look.
extern "C" void sgemm_(const char* transpose_a, const char* transpose_b, const int* rows, const int* columns, const int* depth,
                       const float* alpha, const float* a, const int* stride_a, const float* b, const int* stride_b, const float* beta,
                       float* c, const int* stride_c, std::size_t length_a, std::size_t length_b);

namespace fashion {

// BLAS lays matrices out by columns, and so sees the transposes: of C = A * B it is told that C' = B' * A'.
void multiply(std::size_t rows, std::size_t columns, std::size_t depth, factor a, factor b, float beta, float* c) {
  const int m = static_cast<int>(columns), n = static_cast<int>(rows), k = static_cast<int>(depth);
  const float one = 1;
  sgemm_(b.transposed ? "T" : "N", a.transposed ? "T" : "N", &m, &n, &k, &one, b.data, b.transposed ? &k : &m, a.data,
         a.transposed ? &n : &k, &beta, c, &m, 1, 1);
}

void use_one_blas_thread() {
  // Looked up while running, because the same program may run with any BLAS that the system's alternatives point to. Not through
  // OMP_NUM_THREADS: that would also set the threads of the optimizer.
  if (void* const openblas = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<void (*)(int)>(openblas)(1);
  }
  if (void* const mkl = dlsym(RTLD_DEFAULT, "MKL_Set_Num_Threads")) {
    reinterpret_cast<void (*)(int)>(mkl)(1);
  }
  if (void* const blis = dlsym(RTLD_DEFAULT, "bli_thread_set_num_threads")) {
    reinterpret_cast<void (*)(std::ptrdiff_t)>(blis)(1);
  }
}

}  // namespace fashion
