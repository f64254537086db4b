// Whether this process was forked after the library was loaded: OpenMP's threads do not survive a fork (libgomp would wait for ever).
#pragma once

namespace adagrad::parallel {

bool in_forked_child() noexcept;

}  // namespace adagrad::parallel
