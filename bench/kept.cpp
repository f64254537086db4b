#include "kept.hpp"

namespace adagrad::bench {

void* kept(const std::string& key, const std::function<std::shared_ptr<void>()>& make) {
  static std::string current_key;
  static std::shared_ptr<void> current;
  if (current == nullptr || current_key != key) {
    current.reset();
    current = make();
    current_key = key;
  }
  return current.get();
}

}  // namespace adagrad::bench
