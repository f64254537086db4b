/// The trainer: all that a program does with adagrad::optimizer is in this file, and its construction in main.cpp.
#pragma once

#include <adagrad/adagrad.hpp>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "corpus.hpp"
#include "model.hpp"
#include "support/hash.hpp"
#include "support/progress.hpp"
#include "support/stopwatch.hpp"

namespace sections {

struct epoch_report {
  double loss = 0;  ///< mean over the texts, each before the step that learns from it
  double seconds = 0;
  double optimizer_seconds = 0;
  unsigned threads = 1;  ///< the most that a step had
};

/// Trains a model with adagrad::optimizer or, of the same shape, reference_optimizer. Both are borrowed.
template <class Optimizer>
class trainer {
 public:
  trainer(model& trained, Optimizer& optimizer, adagrad::row_accumulators accumulators) : model_(trained), optimizer_(optimizer) {
    table_ = optimizer.add_table("embeddings", trained.table(), {.accumulators = accumulators});
    if (!trained.linear()) {
      optimizer.add("weights", trained.weights, trained.weight_gradients);
    }
    last_ = optimizer.add("biases", trained.biases, trained.bias_gradients);
  }

  /// One pass over the texts that `order` lists, `batch_size` in a step; the last step takes what is left.
  epoch_report train(const bags& texts, std::span<const std::uint32_t> order, std::size_t batch_size, example::progress& shown) {
    const example::stopwatch time;
    epoch_report report;
    for (std::size_t begin = 0; begin < order.size(); begin += batch_.size()) {
      batch_.load(texts, order.subspan(begin, std::min(batch_size, order.size() - begin)));
      report.loss += model_.gradient(batch_);

      const example::stopwatch step_time;
      // Gradients of the means: the rows' own, one for each word of each text, are never stored.
      optimizer_.set_row_gradients(
          table_,
          adagrad::bag_gradients<float>{
              .indices = batch_.words, .offsets = batch_.offsets, .gradients = model_.mean_gradients(), .pooled = adagrad::pooling::mean});
      report.threads = std::max(report.threads, optimizer_.step().threads);
      report.optimizer_seconds += step_time.seconds();
      shown.advance(batch_.size());
    }
    report.loss /= static_cast<double>(order.size());
    report.seconds = time.seconds();
    return report;
  }

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
  std::size_t table_, last_;
  bags batch_;
};

}  // namespace sections
