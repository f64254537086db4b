// Checkpoints made to bring an optimizer where its own interface never would: each is refused for its own reason, with nothing changed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "support/hostile_checkpoints.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

// What a refused load says; empty where it is taken.
std::string refusal(fuzz::model& model, const std::string& file, const load_options& how) {
  try {
    model.load(file, how);
  } catch (const checkpoint_error& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("each hostile checkpoint is refused for its own reason, and changes nothing") {
  const hostile_checkpoints files;
  CHECK(files.all().size() > 130);
  std::map<std::string, std::string> names, messages;
  for (const hostile_checkpoint& each : files.all()) {
    INFO(each.name);
    CHECK(names.emplace(each.name, "").second);
    fuzz::model model(each.kind);
    model.steps(2);
    const std::string before = model.saved();
    const std::string said = refusal(model, each.bytes, {.options = each.options});
    CHECK(said == "adagrad: cannot load from the stream: " + each.expected);
    const std::string& first_with_it = messages.emplace(said, each.name).first->second;
    CHECK(first_with_it == each.name);
    CHECK(said.size() < 1000);
    CHECK(std::all_of(said.begin(), said.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
    CHECK(model.saved() == before);
    model.steps(1);
  }
}

TEST_CASE("a header that was changed, or written in another way, is refused") {
  const std::string good = sealed(hostile_checkpoints::good(fuzz::kind::plain_arrays));
  const auto said_of = [&](const std::string& from, const std::string& to) {
    std::string file = good;
    file.replace(file.find(from), from.size(), to);
    std::uint64_t length = 0;  // an even change is made up for in the padding
    std::memcpy(&length, file.data(), sizeof length);
    const std::size_t end = 8 + static_cast<std::size_t>(length) + to.size() - from.size();
    if (to.size() > from.size()) file.erase(end - (to.size() - from.size()), to.size() - from.size());
    else file.insert(end, from.size() - to.size(), ' ');
    fuzz::model model(fuzz::kind::plain_arrays);
    return refusal(model, file, {});
  };
  const std::string changed =
      "adagrad: cannot load from the stream: its header was changed after it was written: the digest does not fit. Use another copy of the "
      "file";
  CHECK(said_of("\"5\"", "\"5\"").empty());
  CHECK(said_of("\"adagrad.iterations\":\"5\"", "\"adagrad.iterations\":\"6\"") == changed);
  CHECK(said_of("\"adagrad.digest\":", "\"adagrad.digesT\":") == changed);
  CHECK(said_of("\"adagrad.digest\":\"", "\"adagrad.digest\":\"0") == changed);
  CHECK(said_of("\"adagrad.iterations\":\"5\"", "\"adagrad.iterations\":\"\\u0035\"") == changed);  // the same, and not what save writes
}

TEST_CASE("what is odd but can come about is taken, and does no harm") {
  const auto taken = [](fuzz::kind kind, const auto& edit) {
    opened_file file = hostile_checkpoints::good(kind);
    edit(file);
    fuzz::model model(kind);
    REQUIRE(refusal(model, sealed(file), {}).empty());
    const std::string after = model.saved();
    fuzz::model again(kind);
    CHECK(refusal(again, after, {}).empty());
    CHECK(again.saved() == after);
    try {
      model.steps(1);
    } catch (const std::invalid_argument& refused) {
      return std::string(refused.what());
    }
    return std::string();
  };
  const auto set = [](opened_tensor& t, std::size_t index, const auto& value) {
    std::memcpy(t.bytes.data() + index * sizeof value, &value, sizeof value);
  };
  CHECK(taken(fuzz::kind::plain_arrays, [&](opened_file& f) {
          f.metadata["adagrad.iterations"] = "18446744073709551615";
        }).starts_with("adagrad: iterations is 18446744073709551615, the last that 64 bits hold"));
  CHECK(taken(fuzz::kind::plain_arrays, [&](opened_file& f) { set(f.tensor("state/w/accumulator"), 0, __builtin_inff()); }).empty());
  CHECK(taken(fuzz::kind::plain_arrays, [&](opened_file& f) { set(f.tensor("param/w"), 0, __builtin_nanf("")); }).empty());
  CHECK(taken(fuzz::kind::arrays, [&](opened_file& f) { set(f.tensor("state/d/gradient_sum"), 0, __builtin_nanf("")); }).empty());
  CHECK(taken(fuzz::kind::tables, [&](opened_file& f) { set(f.tensor("state/counts/row_count"), 2, ~std::uint64_t{0}); }).empty());
  CHECK(taken(fuzz::kind::tables, [&](opened_file& f) { f.metadata["adagrad.parameter.owed.l1"] = "inf"; }).empty());
  CHECK(taken(fuzz::kind::arrays, [&](opened_file& f) { f.metadata["adagrad.pending_calls"] = "1"; }).empty());
  CHECK(taken(fuzz::kind::arrays, [&](opened_file& f) { f.metadata["adagrad.version"] = "\x1b[2J"; }).empty());
}

TEST_CASE("the corpus, for other readers" * doctest::skip(std::getenv("ADAGRAD_CORPUS") == nullptr)) {
  const std::string folder = std::getenv("ADAGRAD_CORPUS");
  int count = 0;
  const auto write = [&](const std::string& kind, const std::string& bytes) {
    std::ofstream file(folder + "/" + kind + "_" + std::to_string(++count), std::ios::binary);
    file << bytes;
    CHECK(file.flush().good());
  };
  const hostile_checkpoints files;
  for (const hostile_checkpoint& each : files.all()) write("hostile", each.bytes);
  for (const char* const number : {"0x0.0000000000001p-1022", "0x0.8p-1022", "0x1p-1022", "0x1.fffffffffffffp+1023", "-0x0p+0"}) {
    opened_file odd = hostile_checkpoints::good(fuzz::kind::plain_arrays);
    odd.metadata["adagrad.learning_rate"] = odd.metadata["adagrad.parameter.learning_rate.m"] = number;
    std::string& options = odd.metadata["adagrad.options"];
    options.replace(0, options.find(",defaults="), std::string("(learning_rate=") + number);
    write("number", sealed(odd));
  }
  for (unsigned kind = 0; kind < fuzz::kinds; ++kind) {
    const std::string good = sealed(hostile_checkpoints::good(static_cast<fuzz::kind>(kind)));
    write("good", good);
    for (std::size_t size = kind; size < good.size(); size += 97) write("cut", good.substr(0, size));
    for (std::size_t bit = kind; bit < 8 * good.size(); bit += 211) {
      std::string damaged = good;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
      write("flipped", damaged);
    }
  }
}
