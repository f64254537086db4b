#include "shapes.hpp"

#include <initializer_list>
#include <numeric>
#include <stdexcept>

namespace adagrad::bench {
namespace {

using counts = std::vector<std::size_t>;

void add(counts& list, std::initializer_list<std::size_t> more) { list.insert(list.end(), more); }

// Weights and biases.
void add_linear(counts& list, std::size_t in, std::size_t out) { add(list, {in * out, out}); }

// Gains and shifts, of a normalisation over batches or layers.
void add_norm(counts& list, std::size_t width) { add(list, {width, width}); }

// No biases: the normalisation behind it has them.
void add_convolution(counts& list, std::size_t in, std::size_t out, std::size_t kernel) {
  add(list, {in * out * kernel * kernel});
  add_norm(list, out);
}

// K. He, X. Zhang, S. Ren, J. Sun, "Deep Residual Learning for Image Recognition", 2015, arXiv:1512.03385, table 1, 50-layer.
counts resnet_50() {
  constexpr std::size_t expansion = 4, blocks[] = {3, 4, 6, 3}, classes = 1000;
  counts list;
  add_convolution(list, 3, 64, 7);
  std::size_t in = 64, width = 64;
  for (const std::size_t repeats : blocks) {
    const std::size_t out = expansion * width;
    for (std::size_t repeat = 0; repeat < repeats; ++repeat) {
      add_convolution(list, in, width, 1);
      add_convolution(list, width, width, 3);
      add_convolution(list, width, out, 1);
      if (repeat == 0) add_convolution(list, in, out, 1);  // the shortcut changes its width
      in = out;
    }
    width *= 2;
  }
  add_linear(list, in, classes);
  return list;
}

// J. Devlin, M.-W. Chang, K. Lee, K. Toutanova, "BERT", 2018, arXiv:1810.04805, section 3, base; the uncased vocabulary; with the pooler.
counts bert_base() {
  constexpr std::size_t layers = 12, hidden = 768, inner = 4 * hidden, vocabulary = 30522, positions = 512, segments = 2;
  counts list;
  add(list, {vocabulary * hidden, positions * hidden, segments * hidden});
  add_norm(list, hidden);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    for (int matrix = 0; matrix < 4; ++matrix) add_linear(list, hidden, hidden);  // queries, keys, values, output
    add_norm(list, hidden);
    add_linear(list, hidden, inner);
    add_linear(list, inner, hidden);
    add_norm(list, hidden);
  }
  add_linear(list, hidden, hidden);
  return list;
}

// M. Naumov et al., "Deep Learning Recommendation Model", 2019, arXiv:1906.00091, without its embeddings, in the widths of MLPerf's reference for
// Criteo Terabyte.
counts dlrm_mlp() {
  constexpr std::size_t bottom[] = {13, 512, 256, 128}, vectors = 26 + 1;  // those of the categories and the bottom's own
  constexpr std::size_t interactions = vectors * (vectors - 1) / 2;
  constexpr std::size_t top[] = {128 + interactions, 1024, 1024, 512, 256, 1};
  counts list;
  for (std::size_t i = 1; i < std::size(bottom); ++i) add_linear(list, bottom[i - 1], bottom[i]);
  for (std::size_t i = 1; i < std::size(top); ++i) add_linear(list, top[i - 1], top[i]);
  return list;
}

shape_list checked(shape_list list, std::size_t tensors, std::size_t parameters) {
  if (list.counts.size() == tensors && list.total() == parameters) return list;
  throw std::logic_error("adagrad_bench: " + list.name + " has " + std::to_string(list.counts.size()) + " tensors and " +
                         std::to_string(list.total()) + " parameters; published are " + std::to_string(tensors) + " and " +
                         std::to_string(parameters) + ": correct bench/shapes.cpp");
}

}  // namespace

std::size_t shape_list::total() const { return std::accumulate(counts.begin(), counts.end(), std::size_t{0}); }

shape_list flat(std::size_t count) { return {"flat", {count}}; }

shape_list thousand() { return {"thousand", counts(1000, 1000)}; }

std::vector<shape_list> models() {
  return {checked({"resnet-50", resnet_50()}, 161, 25'557'032), checked({"bert-base", bert_base()}, 199, 109'482'240),
          checked({"dlrm-mlp", dlrm_mlp()}, 16, 2'368'897)};
}

}  // namespace adagrad::bench
