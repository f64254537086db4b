#include "corpus.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "support/hash.hpp"

namespace sections {
namespace {

/// Calls word(text) for each run of ASCII letters and digits, in lower case.
template <class Function>
void each_word(const std::string& text, Function&& word) {
  std::string current;
  const auto end = [&] {
    if (!current.empty()) {
      word(current);
      current.clear();
    }
  };
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) {
      current += lower;
    } else {
      end();
    }
  }
  end();
}

struct hashed {
  std::uint64_t hash;
  const package* of;
};

/// By hashes of their names, so that the order is as good as random, and the same everywhere.
std::vector<hashed> in_order_of_hashes(const std::vector<package>& packages) {
  std::vector<hashed> order;
  order.reserve(packages.size());
  for (const package& each : packages) {
    example::fnv1a hash;
    hash.add(std::as_bytes(std::span(each.name)));
    order.push_back({hash.value(), &each});
  }
  std::sort(order.begin(), order.end(),
            [](const hashed& a, const hashed& b) { return a.hash != b.hash ? a.hash < b.hash : a.of->name < b.of->name; });
  return order;
}

/// Numbers for words that appear at least twice, in the order of their first appearance.
std::unordered_map<std::string, std::int32_t> number_words(std::span<const hashed> texts) {
  std::unordered_map<std::string, std::size_t> counts;
  for (const hashed& text : texts) {
    each_word(text.of->description, [&](const std::string& word) { ++counts[word]; });
  }
  std::unordered_map<std::string, std::int32_t> numbers;
  for (const hashed& text : texts) {
    each_word(text.of->description, [&](const std::string& word) {
      if (counts.at(word) >= 2) {
        numbers.try_emplace(word, static_cast<std::int32_t>(numbers.size()));
      }
    });
  }
  return numbers;
}

bags make_bags(std::span<const hashed> texts, const std::unordered_map<std::string, std::int32_t>& words,
               const std::map<std::string, std::uint32_t>& sections) {
  bags made;
  for (const hashed& text : texts) {
    each_word(text.of->description, [&](const std::string& word) {
      if (const auto found = words.find(word); found != words.end()) {
        made.words.push_back(found->second);
      }
    });
    made.offsets.push_back(static_cast<std::int64_t>(made.words.size()));
    made.labels.push_back(sections.at(text.of->section));
  }
  return made;
}

}  // namespace

void bags::load(const bags& from, std::span<const std::uint32_t> which) {
  words.clear();
  offsets.assign(1, 0);
  labels.clear();
  for (const std::uint32_t bag : which) {
    words.insert(words.end(), from.words.begin() + from.offsets[bag], from.words.begin() + from.offsets[bag + 1]);
    offsets.push_back(static_cast<std::int64_t>(words.size()));
    labels.push_back(from.labels[bag]);
  }
}

corpus make_corpus(const std::vector<package>& packages, std::size_t limit) {
  std::vector<hashed> training = in_order_of_hashes(packages);
  const auto middle = std::stable_partition(training.begin(), training.end(), [](const hashed& each) { return each.hash % 10 != 0; });
  const std::vector<hashed> test(middle, training.end());
  training.erase(middle, training.end());
  training.resize(std::min(limit, training.size()));

  corpus made;
  std::map<std::string, std::uint32_t> numbers;
  for (const package& each : packages) {
    numbers.emplace(each.section, 0);
  }
  for (auto& [section, number] : numbers) {
    number = static_cast<std::uint32_t>(made.sections.size());
    made.sections.push_back(section);
  }
  const auto words = number_words(training);
  made.vocabulary = words.size();
  made.training = make_bags(training, words, numbers);
  made.test = make_bags(test, words, numbers);
  return made;
}

double majority_accuracy(const corpus& texts) {
  std::vector<std::size_t> counts(texts.sections.size());
  for (const std::uint32_t label : texts.training.labels) {
    ++counts[label];
  }
  const auto largest = std::max_element(counts.begin(), counts.end()) - counts.begin();
  const auto right = std::count(texts.test.labels.begin(), texts.test.labels.end(), static_cast<std::uint32_t>(largest));
  return static_cast<double>(right) / static_cast<double>(texts.test.size());
}

}  // namespace sections
