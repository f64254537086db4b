/// The trainer: all that a program does with adagrad::optimizer is in this file, its construction
/// in support/optimizer.hpp, the loop over the epochs in support/training.hpp.
#pragma once

#include <adagrad/adagrad.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

#include "corpus.hpp"
#include "model.hpp"
#include "support/hash.hpp"

namespace sections {

/// Trains a model with adagrad::optimizer or, of the same shape, reference_optimizer.
template <class Optimizer>
class trainer {
 public:
  /// All are borrowed.
  trainer(model& trained, Optimizer& optimizer, const corpus& texts, adagrad::row_accumulators accumulators)
      : model_(trained), optimizer_(optimizer), texts_(texts) {
    table_ = optimizer.add_table("embeddings", trained.table(), {.accumulators = accumulators});
    if (!trained.linear()) {
      optimizer.add("weights", trained.weights, trained.weight_gradients);
    }
    last_ = optimizer.add("biases", trained.biases, trained.bias_gradients);
  }

  /// Works out the gradients of the mean loss of those training texts; returns the sum of their losses.
  double gradient(std::span<const std::uint32_t> which) {
    batch_.load(texts_.training, which);
    return model_.gradient(batch_);
  }

  adagrad::step_report step() {
    // Gradients of the means: the rows' own, one for each word of each text, are never stored.
    optimizer_.set_row_gradients(
        table_,
        adagrad::bag_gradients<float>{
            .indices = batch_.words, .offsets = batch_.offsets, .gradients = model_.mean_gradients(), .pooled = adagrad::pooling::mean});
    return optimizer_.step();
  }

  example::quality evaluate() { return model_.evaluate(texts_.test); }

  /// Of all parameters and then all accumulators.
  std::uint64_t hash() {
    example::fnv1a hash;
    hash.add(model_.embeddings);
    hash.add(model_.weights);
    hash.add(model_.biases);
    for (std::size_t i = table_; i <= last_; ++i) {
      hash.add(optimizer_.template accumulators<float>(i));
    }
    return hash.value();
  }

 private:
  model& model_;
  Optimizer& optimizer_;
  const corpus& texts_;
  std::size_t table_, last_;
  bags batch_;
};

}  // namespace sections
