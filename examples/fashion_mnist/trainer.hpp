/// The trainer: all that a program does with adagrad::optimizer is in this file, its construction
/// in support/optimizer.hpp, the loop over the epochs in support/training.hpp.
#pragma once

#include <adagrad/adagrad.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

#include "batch.hpp"
#include "idx.hpp"
#include "network.hpp"
#include "support/hash.hpp"

namespace fashion {

/// Trains a network with adagrad::optimizer or, of the same shape, reference_optimizer.
template <class Optimizer>
class trainer {
 public:
  /// All are borrowed.
  trainer(network& model, Optimizer& optimizer, const data_sets& data) : model_(model), optimizer_(optimizer), data_(data) {
    for (const tensor& each : model.tensors()) {
      optimizer.add(each.name, each.parameters, each.gradients);
    }
  }

  /// Works out the gradients of the mean loss of those training images; returns the sum of their losses.
  double gradient(std::span<const std::uint32_t> rows) {
    images_.load(data_.training, rows);
    return model_.gradient(images_);
  }

  adagrad::step_report step() { return optimizer_.step(); }
  example::quality evaluate() { return model_.evaluate(data_.test); }

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
  const data_sets& data_;
  batch images_;
};

}  // namespace fashion
