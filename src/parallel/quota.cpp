#include "parallel/quota.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace adagrad::parallel {
namespace {

void keep_smaller(std::optional<double>& quota, double limit, double period) {
  if (limit > 0 && period > 0) quota = std::min(quota.value_or(limit / period), limit / period);
}

// Version 2: "max 100000" or "150000 100000" in cpu.max.
void read_v2(const std::string& group, std::optional<double>& quota) {
  std::ifstream file(group + "/cpu.max");
  double limit = 0, period = 0;
  if (file >> limit >> period) keep_smaller(quota, limit, period);
}

// Version 1: one number in each of two files, -1 for no quota.
void read_v1(const std::string& group, std::optional<double>& quota) {
  std::ifstream limit_file(group + "/cpu.cfs_quota_us"), period_file(group + "/cpu.cfs_period_us");
  double limit = 0, period = 0;
  if (limit_file >> limit && period_file >> period) keep_smaller(quota, limit, period);
}

template <class Read>
void walk_up(const std::string& mount, std::string path, std::optional<double>& quota, Read read) {
  for (;;) {
    read(mount + path, quota);
    if (path.empty() || path == "/") return;
    path.erase(path.rfind('/'));
  }
}

bool lists_cpu(const std::string& controllers) {
  std::istringstream list(controllers);
  for (std::string one; std::getline(list, one, ',');)
    if (one == "cpu") return true;
  return false;
}

}  // namespace

std::optional<double> cpu_quota(const std::string& root) {
  std::optional<double> quota;
  std::ifstream groups(root + "/proc/self/cgroup");  // lines hierarchy:controllers:path; version 2 is "0::/path"
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':'), second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), path = line.substr(second + 1);
    if (path.empty() || path[0] != '/') continue;
    if (controllers.empty()) {
      walk_up(root + "/sys/fs/cgroup", path, quota, read_v2);
      walk_up(root + "/sys/fs/cgroup/unified", path, quota, read_v2);
    } else if (lists_cpu(controllers)) {
      walk_up(root + "/sys/fs/cgroup/" + controllers, path, quota, read_v1);
      walk_up(root + "/sys/fs/cgroup/cpu", path, quota, read_v1);
    }
  }
  return quota;
}

}  // namespace adagrad::parallel
