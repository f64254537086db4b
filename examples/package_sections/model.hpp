/// The classifier: the mean of a text's embedding rows, and from there to one output for each section.
#pragma once

#include <adagrad/adagrad.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "corpus.hpp"
#include "support/random.hpp"
#include "support/softmax.hpp"

namespace sections {

struct model_shape {
  std::size_t vocabulary, sections;
  std::size_t dim;  ///< of the embeddings; 0: linear, a word has one weight for each section
};

/// outputs = biases + mean (linear), or biases + mean * weights. Everything is computed in one order, on one thread.
class model {
 public:
  /// Embeddings are drawn evenly from +-1, weights from +-1/sqrt(dim); everything else, all of a linear model, is 0.
  model(const model_shape& shape, example::splitmix64& random);

  /// The sum of the losses (cross-entropy of the softmax); leaves the gradients of their mean in mean_gradients(), weight_gradients and bias_gradients.
  double gradient(const bags& texts);

  example::quality evaluate(const bags& texts);

  bool linear() const noexcept { return weights.empty(); }
  adagrad::rows_view<float> table() noexcept { return {embeddings.data(), vocabulary_, width_}; }
  /// By the means, one row for each text: what becomes the gradients of the rows, which the library works out by itself.
  adagrad::rows_view<const float> mean_gradients() const noexcept {
    return {mean_gradients_.data(), mean_gradients_.size() / width_, width_};
  }

  std::vector<float> embeddings;                 // a row for each word
  std::vector<float> weights, weight_gradients;  // from each element of the mean to each section; none where linear
  std::vector<float> biases, bias_gradients;     // of the sections

 private:
  void forward(const bags& texts);

  std::size_t vocabulary_, width_;
  std::vector<float> means_, mean_gradients_;  // width_ for each text
  std::vector<float> outputs_;                 // then probabilities, one for each section of each text
};

}  // namespace sections
