#include "verify/scripts.hpp"

namespace adagrad::verify {
namespace {

// tests/golden holds, for each script, an independent program that computes its constant from the specification.
constexpr script list[] = {
    {"dense-v1", dense_v1, "63f89d55a26d16e2af416de2345be5f8927a4858502f70995afdce857ab50b75"},
    {"keras1-v1", keras1_v1, "c8f3016e7830b65acd61fb38dda1acc702e93f3c4e684d03eecb7162e7516780"},
    {"rows-v1", rows_v1, "5f0e3877ce07f37287c191accd1a176191845888e8bbf001490e237c09074c6a"},
};

}  // namespace

std::span<const script> scripts() { return list; }

}  // namespace adagrad::verify
