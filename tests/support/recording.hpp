// What another system computed: the cases of a file in tests/conformance/data (its README.md says what they are).
#pragma once

#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace adagrad::test {

// The arrays of one tensor after a step (before the first: without gradients).
template <class T>
struct recorded_arrays {
  std::vector<T> gradients, weights;
  std::vector<std::vector<T>> states;  // in the order of the case's "states"
};

class recording {
 public:
  explicit recording(const std::string& system) {
    const std::string stem = std::string(ADAGRAD_TEST_DATA) + "/" + system;
    std::ifstream text(stem + ".json"), data(stem + ".bin", std::ios::binary);
    if (!text || !data) throw std::runtime_error("cannot read " + stem + ".json and .bin");
    text >> description_;
    bytes_.assign(std::istreambuf_iterator<char>(data), {});
  }

  const nlohmann::json& cases() const { return description_.at("cases"); }

  // Of each tensor: what was there at first, then after each step.
  template <class T>
  std::vector<std::vector<recorded_arrays<T>>> steps(const nlohmann::json& one) const {
    std::size_t at = one.at("offset").get<std::size_t>();
    const auto take = [&](std::size_t count) {
      std::vector<T> values(count);
      if (at + count * sizeof(T) > bytes_.size()) throw std::runtime_error("the recording is too short");
      std::memcpy(values.data(), bytes_.data() + at, count * sizeof(T));
      at += count * sizeof(T);
      return values;
    };
    const std::size_t states = one.at("states").size();
    std::vector<std::vector<recorded_arrays<T>>> all;
    for (std::size_t step = 0; step <= one.at("steps").get<std::size_t>(); ++step) {
      auto& now = all.emplace_back();
      for (const auto& tensor : one.at("tensors")) {
        std::size_t count = 1;
        for (const std::size_t size : tensor.at("shape")) count *= size;
        auto& arrays = now.emplace_back();
        if (step > 0) arrays.gradients = take(count);
        arrays.weights = take(count);
        for (std::size_t state = 0; state < states; ++state) arrays.states.push_back(take(count));
      }
    }
    return all;
  }

 private:
  nlohmann::json description_;
  std::vector<char> bytes_;
};

}  // namespace adagrad::test
