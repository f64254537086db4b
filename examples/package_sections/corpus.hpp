/// Descriptions as bags of numbered words, with the section that each belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "index.hpp"

namespace sections {

/// Bag b is words[offsets[b]], ..., words[offsets[b + 1] - 1]: what adagrad::bag_gradients is told.
struct bags {
  std::vector<std::int32_t> words;
  std::vector<std::int64_t> offsets{0};
  std::vector<std::uint32_t> labels;  // sections by number

  std::size_t size() const noexcept { return labels.size(); }

  /// Takes those bags of `from` that `which` lists, in that order, in place of what it held.
  void load(const bags& from, std::span<const std::uint32_t> which);
};

struct corpus {
  std::vector<std::string> sections;  ///< in alphabetical order
  std::size_t vocabulary;             ///< how many words there are: all that appear at least twice in the training texts
  bags training, test;
};

/// About one package in ten is for the test, by a hash of its name: the same ones whatever else the index has. Of the others, the first `limit` in the order of
/// those hashes are for training.
corpus make_corpus(const std::vector<package>& packages, std::size_t limit);

/// Of always answering the section that is the most frequent one in training.
double majority_accuracy(const corpus& texts);

}  // namespace sections
