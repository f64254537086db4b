#include "blas.hpp"

#include <dlfcn.h>

#include <cstddef>

// As Fortran sees it. The two lengths belong to the character arguments: a BLAS compiled from Fortran expects them, one in C does not look.
extern "C" void sgemm_(const char* transpose_a, const char* transpose_b, const int* rows, const int* columns, const int* depth,
                       const float* alpha, const float* a, const int* stride_a, const float* b, const int* stride_b, const float* beta,
                       float* c, const int* stride_c, std::size_t length_a, std::size_t length_b);

namespace fashion {

void multiply(int rows, int columns, int depth, const float* a, int stride_a, const float* b, int stride_b, bool transpose_b, float beta,
              float* c, int stride_c) {
  const float one = 1;
  sgemm_("N", transpose_b ? "T" : "N", &rows, &columns, &depth, &one, a, &stride_a, b, &stride_b, &beta, c, &stride_c, 1, 1);
}

void use_one_blas_thread() {
  // Looked up while running, because the same program may run with any BLAS that the system's alternatives point to. Not through
  // OMP_NUM_THREADS: that would also set the threads of the update.
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
