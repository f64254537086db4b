// Which parameters are saved or loaded: all, or those that were named.
#pragma once

#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "optimizer/contents.hpp"

namespace adagrad::checkpoint {

class selection {
 public:
  explicit selection(const std::vector<std::string>& names) : names_(names.begin(), names.end()) {}

  bool all() const noexcept { return names_.empty(); }
  bool has(std::string_view name) const noexcept { return all() || names_.find(name) != names_.end(); }

  // Throws std::invalid_argument for the name of no parameter; `field` is where it was given.
  void must_be_among(const optimizer_contents& contents, const std::string& field) const {
    auto unknown = names_;
    for (const kept_parameter& p : contents.parameters)
      if (const auto found = unknown.find(p.name); found != unknown.end()) unknown.erase(found);
    if (!unknown.empty())
      throw std::invalid_argument("adagrad: " + field + " has \"" + *unknown.begin() +
                                  "\", which is the name of no parameter: check the spelling with name()");
  }

 private:
  std::set<std::string, std::less<>> names_;
};

}  // namespace adagrad::checkpoint
