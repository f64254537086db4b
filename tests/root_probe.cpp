#include "root_probe.hpp"

#include "kernels/root.hpp"

#define ADAGRAD_JOIN_(a, b) a##b
#define ADAGRAD_JOIN(a, b) ADAGRAD_JOIN_(a, b)

namespace adagrad::test {
namespace {

using kernels::traits;
using kernels::vec;
using namespace kernels;

// The counts are whole vectors: the tests pad.
template <class T, class Arch>
void seeds(const T* X, T* y, std::size_t count) {
  using V = vec<T, Arch>;
  if constexpr (traits<Arch>::quick_roots)
    for (std::size_t i = 0; i < count; i += V::size) root_seed(V::load_unaligned(X + i)).store_unaligned(y + i);
}

template <class T, class Arch>
void roots(const T* X, const T* y, T* out, std::size_t count) {
  using V = vec<T, Arch>;
  if constexpr (traits<Arch>::quick_roots)
    for (std::size_t i = 0; i < count; i += V::size) {
      V x = V::load_unaligned(X + i), seed = V::load_unaligned(y + i), root;
      kernels::exact_roots<traits<Arch>::template seed_bits<T>, 1, T, Arch>(&x, &seed, &root);
      root.store_unaligned(out + i);
    }
}

template <class T, class Arch>
constexpr int bits() {
  if constexpr (traits<Arch>::quick_roots) return traits<Arch>::template seed_bits<T>;
  else return 0;
}

}  // namespace

extern const root_probe ADAGRAD_JOIN(root_probe_, ADAGRAD_ISA_NAME);
const root_probe ADAGRAD_JOIN(root_probe_, ADAGRAD_ISA_NAME) = {
    {bits<float, ADAGRAD_ISA_XSIMD>(), seeds<float, ADAGRAD_ISA_XSIMD>, roots<float, ADAGRAD_ISA_XSIMD>},
    {bits<double, ADAGRAD_ISA_XSIMD>(), seeds<double, ADAGRAD_ISA_XSIMD>, roots<double, ADAGRAD_ISA_XSIMD>}};

}  // namespace adagrad::test
