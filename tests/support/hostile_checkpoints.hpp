// Checkpoints with digests that fit and one thing wrong: what is wrong, and what the refusal says of it.
#pragma once

#include <cstring>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/model.hpp"
#include "support/opened_file.hpp"

namespace adagrad::test {

struct hostile_checkpoint {
  std::string name;
  fuzz::kind kind;
  options_after_load options;
  std::string bytes, expected;  // all of the message behind "adagrad: cannot load from the stream: "
};

class hostile_checkpoints {
 public:
  hostile_checkpoints() {
    counters();
    format_and_digests();
    texts();
    numbers();
    schedules();
    options();
    parameters();
    arrays();
    rows();
  }
  const std::vector<hostile_checkpoint>& all() const { return all_; }

  // A file that a model of this kind has written, after five calls.
  static opened_file good(fuzz::kind kind) {
    fuzz::model model(kind);
    model.steps(5);
    opened_file file = open_file(model.saved());
    file.metadata[checkpoint::key::version] = "0.1.0";  // places of arrays do not depend on its length
    return file;
  }

 private:
  static constexpr auto arrays_kind = fuzz::kind::arrays, plain = fuzz::kind::plain_arrays, tables = fuzz::kind::tables,
                        one_rate = fuzz::kind::tables_at_one_rate;
  static constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

  template <class Edit>
  void add(std::string name, fuzz::kind kind, const Edit& edit, std::string expected, sealing which = sealing::header_and_tensors,
           options_after_load options = options_after_load::from_file) {
    opened_file file = good(kind);
    edit(file);
    all_.push_back({std::move(name), kind, options, sealed(file, which), std::move(expected)});
  }
  void string(std::string name, fuzz::kind kind, const std::string& key, const std::string& value, std::string expected) {
    add(
        std::move(name), kind, [&](opened_file& f) { f.metadata[key] = value; }, std::move(expected));
  }
  void no_string(std::string name, fuzz::kind kind, const std::string& key, std::string expected) {
    add(
        std::move(name), kind, [&](opened_file& f) { f.metadata.erase(f.metadata.find(key)); }, std::move(expected), sealing::header);
  }
  // A piece of a string, which it must hold, replaced.
  void piece(std::string name, fuzz::kind kind, const std::string& key, const std::string& from, const std::string& to,
             std::string expected) {
    add(
        std::move(name), kind, [&](opened_file& f) { replace(f.metadata[key], from, to); }, std::move(expected));
  }
  // The rate of all, wherever it stands.
  void rate(std::string name, const std::string& text, std::string expected) {
    add(
        std::move(name), plain,
        [&](opened_file& f) {
          const std::string before = f.metadata["adagrad.learning_rate"];
          for (const char* const key :
               {"adagrad.learning_rate", "adagrad.options", "adagrad.parameter.learning_rate.w", "adagrad.parameter.learning_rate.d"})
            replace(f.metadata[key], before, text);
        },
        std::move(expected));
  }
  template <class Edit>
  void tensor(std::string name, fuzz::kind kind, std::string_view which, const Edit& edit, std::string expected) {
    add(
        std::move(name), kind, [&](opened_file& f) { edit(f.tensor(which)); }, std::move(expected));
  }
  void no_tensor(std::string name, fuzz::kind kind, std::string_view which, std::string expected) {
    add(
        std::move(name), kind, [&](opened_file& f) { f.tensors.erase(f.tensors.begin() + (&f.tensor(which) - f.tensors.data())); },
        std::move(expected));
  }
  template <class T>
  void element(std::string name, fuzz::kind kind, std::string_view which, std::size_t index, T value, std::string expected) {
    tensor(
        std::move(name), kind, which, [&](opened_tensor& t) { std::memcpy(t.bytes.data() + index * sizeof value, &value, sizeof value); },
        std::move(expected));
  }
  void one_more(std::string name, fuzz::kind kind, std::string_view like, std::string called, std::string expected) {
    add(
        std::move(name), kind,
        [&](opened_file& f) {
          opened_tensor t = f.tensor(like);
          t.name = std::move(called);
          f.tensors.push_back(std::move(t));
        },
        std::move(expected));
  }
  static void reshape(opened_tensor& t, std::vector<std::uint64_t> shape) {
    t.shape = std::move(shape);
    std::uint64_t bytes = size_of(t.type);
    for (const std::uint64_t n : t.shape) bytes *= n;
    t.bytes.resize(bytes);
  }
  static void replace(std::string& text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    if (at == text.npos) throw std::logic_error("\"" + from + "\" does not stand in \"" + text + "\"");
    text.replace(at, from.size(), to);
  }

  void counters();
  void format_and_digests();
  void texts();
  void numbers();
  void schedules();
  void options();
  void parameters();
  void arrays();
  void rows();

  std::vector<hostile_checkpoint> all_;
};

}  // namespace adagrad::test

#include "support/hostile_checkpoints_arrays.hpp"
#include "support/hostile_checkpoints_text.hpp"
