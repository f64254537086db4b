#include "parallel/forked.hpp"

#include <unistd.h>

namespace adagrad::parallel {
namespace {

const pid_t process_at_load = getpid();

}  // namespace

bool in_forked_child() noexcept { return getpid() != process_at_load; }

}  // namespace adagrad::parallel
