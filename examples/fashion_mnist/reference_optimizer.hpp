/// What --reference trains with: as much of adagrad::optimizer as the trainer uses, over the library's scalar reference.
#pragma once

#include <adagrad/adagrad.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fashion {

/// Every member does what adagrad::optimizer's member of that name does, on one thread.
class reference_optimizer {
 public:
  explicit reference_optimizer(adagrad::schedule learning_rate) : learning_rate_(std::move(learning_rate)) {}

  std::size_t add(const std::string& /*name*/, std::span<float> parameters, std::span<const float> gradients) {
    arrays_.push_back({parameters, gradients, std::vector<float>(parameters.size())});
    return arrays_.size() - 1;
  }

  adagrad::step_report step() {
    const double rate = learning_rate_(iterations_);
    for (auto& [parameters, gradients, accumulators] : arrays_) {
      adagrad::reference::update(parameters, gradients, accumulators, rate);
    }
    return {.learning_rate = rate, .iteration = iterations_++, .threads = 1};
  }

  template <class T>
  std::span<const T> accumulators(std::size_t index) const {
    return arrays_[index].accumulators;
  }

 private:
  struct array {
    std::span<float> parameters;
    std::span<const float> gradients;
    std::vector<float> accumulators;
  };

  adagrad::schedule learning_rate_;
  std::vector<array> arrays_;
  std::uint64_t iterations_ = 0;
};

}  // namespace fashion
