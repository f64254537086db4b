// The CPU quota of the control groups this process is in (Linux, versions 1 and 2).
#pragma once

#include <optional>
#include <string>

namespace adagrad::parallel {

// The smallest quota on the way up from this process's group, in processors, e.g. 1.5; empty where there is none. `root` goes before /proc and
// /sys (tests give a folder of fixtures). A file that cannot be read or understood sets no quota.
std::optional<double> cpu_quota(const std::string& root = "");

}  // namespace adagrad::parallel
