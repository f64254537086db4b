// A list of files that no reader may take, and ways to add to it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/headers.hpp"

namespace adagrad::test {

struct hostile_file {
  std::string name, bytes, expected;  // a part of the message
};

class hostile_list {
 public:
  const std::vector<hostile_file>& all() const { return all_; }

 protected:
  void add(std::string name, std::string bytes, std::string expected) {
    all_.push_back({std::move(name), std::move(bytes), std::move(expected)});
  }
  void json(std::string name, std::string_view text, std::string expected, std::size_t data = 0) {
    add(std::move(name), file_of(text, data), std::move(expected));
  }
  // One tensor of four bytes, with this in its braces.
  void tensor(std::string name, std::string_view inside, std::string expected) {
    json(std::move(name), "{\"a\":{" + std::string(inside) + "}}", std::move(expected), 4);
  }
  void shape(std::string name, std::string_view shape, std::string expected) {
    tensor(std::move(name), "\"dtype\":\"F32\",\"shape\":" + std::string(shape) + ",\"data_offsets\":[0,4]", std::move(expected));
  }
  void offsets(std::string name, std::string_view offsets, std::string expected) {
    tensor(std::move(name), "\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" + std::string(offsets), std::move(expected));
  }
  // Tensors of one float each, at these places.
  void places(std::string name, std::initializer_list<std::pair<int, int>> places, std::size_t data, std::string expected) {
    std::string text = "{";
    int count = 0;
    for (const auto& [begin, end] : places) {
      if (count > 0) text += ',';
      text += "\"t" + std::to_string(++count) + R"(":{"dtype":"F32","shape":[)" + std::to_string((end - begin) / 4) +
              R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
    }
    json(std::move(name), text + "}", std::move(expected), data);
  }
  void tensor_name(std::string name, std::string_view spelled, std::string expected) {
    json(std::move(name), "{\"" + std::string(spelled) + R"(":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", std::move(expected), 4);
  }
  void metadata(std::string name, std::string_view object, std::string expected) {
    json(std::move(name), R"({"__metadata__":)" + std::string(object) + "}", std::move(expected));
  }
  void string(std::string name, std::string_view inside, std::string expected) {
    metadata(std::move(name), R"({"k":")" + std::string(inside) + R"("})", std::move(expected));
  }

 private:
  std::vector<hostile_file> all_;
};

}  // namespace adagrad::test
