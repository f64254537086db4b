/// The trainer: all that a program does with adagrad::optimizer is in this file, and its construction in main.cpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "batch.hpp"
#include "idx.hpp"
#include "network.hpp"
#include "support/hash.hpp"
#include "support/progress.hpp"
#include "support/stopwatch.hpp"

namespace fashion {

struct epoch_report {
  double loss = 0;  ///< mean over the images, each before the step that learns from it
  double seconds = 0;
  double optimizer_seconds = 0;
  std::uint64_t steps = 0;
  unsigned threads = 1;  ///< of the last step

  double optimizer_percent() const noexcept { return 100 * optimizer_seconds / seconds; }
};

/// Trains a network with adagrad::optimizer or, of the same shape, reference_optimizer. Both are borrowed.
template <class Optimizer>
class trainer {
 public:
  trainer(network& model, Optimizer& optimizer) : model_(model), optimizer_(optimizer) {
    for (const tensor& each : model.tensors()) {
      optimizer.add(each.name, each.parameters, each.gradients);
    }
  }

  /// One pass over the images of `data` that `order` lists, `batch_size` in a step; the last step takes what is left.
  epoch_report train(const data_set& data, std::span<const std::uint32_t> order, std::size_t batch_size, example::progress& shown) {
    const example::stopwatch time;
    epoch_report report;
    for (std::size_t begin = 0; begin < order.size(); begin += images_.size()) {
      images_.load(data, order.subspan(begin, std::min(batch_size, order.size() - begin)));
      report.loss += model_.gradient(images_);

      const example::stopwatch step_time;
      report.threads = optimizer_.step().threads;
      report.optimizer_seconds += step_time.seconds();

      ++report.steps;
      shown.advance(images_.size());
    }
    report.loss /= static_cast<double>(order.size());
    report.seconds = time.seconds();
    return report;
  }

  /// Of all parameters and then all accumulators, in the order of the network's tensors.
  std::uint64_t hash() {
    example::fnv1a hash;
    for (const tensor& each : model_.tensors()) {
      hash.add(each.parameters);
    }
    for (std::size_t i = 0; i < model_.tensors().size(); ++i) {
      hash.add(optimizer_.template accumulators<float>(i));
    }
    return hash.value();
  }

 private:
  network& model_;
  Optimizer& optimizer_;
  batch images_;
};

}  // namespace fashion
