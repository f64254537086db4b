#include "rows.hpp"

#include <exception>
#include <set>

namespace adagrad::bench {

void add_named_row(const std::string& name, std::function<void(benchmark::State&)> body) {
  static std::set<std::string> names;
  if (!names.insert(name).second) return;
  const auto guarded = [body = std::move(body)](benchmark::State& state) {
    try {
      body(state);
    } catch (const std::exception& problem) {  // no memory for this size: the other rows still run
      state.SkipWithError(problem.what());
    }
  };
  benchmark::RegisterBenchmark(name.c_str(), guarded)->UseRealTime();
}

std::vector<unsigned> team_sizes(std::size_t blocks) {
  std::vector<unsigned> teams{1};
  const unsigned most = default_threads();
  if (most > 1 && most <= blocks) teams.push_back(most);
  return teams;
}

}  // namespace adagrad::bench
