// The kernels for one instruction set: compiled once for each line of isa.def, with that line's flags. The table is the only symbol.
#include "kernels/dense.hpp"
#include "kernels/finish.hpp"
#include "kernels/inspect.hpp"
#include "kernels/prepare.hpp"
#include "kernels/proximal.hpp"
#include "kernels/rows.hpp"
#include "kernels/table.hpp"

#define ADAGRAD_JOIN_(a, b) a##b
#define ADAGRAD_JOIN(a, b) ADAGRAD_JOIN_(a, b)

namespace adagrad::kernels {

extern const table ADAGRAD_JOIN(table_, ADAGRAD_ISA_NAME);
const table ADAGRAD_JOIN(table_, ADAGRAD_ISA_NAME) = {
    {
#define ADAGRAD_KERNEL(name, parameters) name<float, ADAGRAD_ISA_XSIMD>,
#include "kernels/kernels.def"
#undef ADAGRAD_KERNEL
    },
    {
#define ADAGRAD_KERNEL(name, parameters) name<double, ADAGRAD_ISA_XSIMD>,
#include "kernels/kernels.def"
#undef ADAGRAD_KERNEL
    },
};

}  // namespace adagrad::kernels
