// Out of memory anywhere while an optimizer is saved, copied or loaded: std::bad_alloc, and nothing has changed. How much memory these take at most.
#include <functional>

#include "adagrad/weights.hpp"
#include "doctest/doctest.h"
#include "support/checkpoints.hpp"
#include "support/counted_new.hpp"
#include "support/folder.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr std::size_t MiB = 1 << 20;
const schedule rate_of_file = 0.25, other_rate = 0.5;

// An array, a table whose rows owe, a group; `rich`: with all arrays that an optimizer may keep.
struct model {
  std::vector<float> w{1, 2, 3, 4}, g{0.5, -1, 2, 1}, table = std::vector<float>(40, 1.0f), values = std::vector<float>(4, 0.5f);
  std::vector<double> v{1, 2}, h{1, -1};
  std::vector<std::int64_t> rows{1, 2};
  optimizer o;
  explicit model(bool rich) : o(options(rich)) {
    o.add_group(
        "a group whose name no short string holds", [](parameter_options& p) { p.rule.epsilon = 1e-3; }, schedule(0.125));
    parameter_options p{.shape = {2, 2}};
    if (rich) p.rule.constraint = max_norm(0.5, {0}), p.average = {.enabled = true, .momentum = 0.5};
    o.add("an array whose name no short string holds", w, std::span<const float>(g), p);
    o.add("b", v, std::span<const double>(h), in_group{"a group whose name no short string holds", [&](parameter_options& all) {
                                                         if (rich) all.method = method::dual_averaging;
                                                       }});
    parameter_options lazy;
    lazy.rule.proximal_l2 = 0.1;
    o.add_table("t", rows_view<float>{table.data(), 20, 2}, {.lazy = lazy_term::l2}, lazy);
  }
  static optimizer_options options(bool rich) { return {.learning_rate = rate_of_file, .global_clip_norm = rich ? 2 : infinity}; }
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  void train(int steps) {
    for (int i = 0; i < steps; ++i) {
      o.set_row_gradients("t", row_gradients<float>{rows, {values.data(), 2, 2}});
      o.step();
    }
  }
};

// Runs the call with ever more memory until it has enough. Each time before, it throws std::bad_alloc (or does without), the model is what it was and goes on as if
// nothing had been tried. Returns how often.
int starve(
    bool rich, const std::function<void(model&)>& call, const std::function<void()>& check = [] {}) {
  model twin(rich);
  twin.train(2);
  const std::string before = saved(twin.o);
  twin.train(1);
  const std::string after_a_step = saved(twin.o);
  for (int allowed = 0; allowed < 10'000; ++allowed) {
    INFO("allocation " << allowed);
    const std::size_t in_use = bytes_in_use;
    bool starved = false;
    {
      model m(rich);
      m.train(2);
      const std::size_t descriptors = open_descriptors();
      until_failure = allowed;
      try {
        call(m);
      } catch (const std::bad_alloc&) {
        starved = true;
      }
      const bool enough = until_failure >= 0;
      until_failure = -1;
      if (enough) return allowed;
      if (!starved) continue;  // std::stable_sort does without its buffer
      CHECK(open_descriptors() == descriptors);
      CHECK(saved(m.o) == before);
      m.train(1);
      CHECK(saved(m.o) == after_a_step);
      check();
    }
    CHECK(bytes_in_use == in_use);
  }
  return -1;
}

// To memory that is there already: a stream of strings would report its own want of memory, in its own way.
class fixed_buffer : public std::streambuf {
 public:
  explicit fixed_buffer(std::size_t size) : bytes_(size, '\0') { setp(bytes_.data(), bytes_.data() + size); }
  std::string_view written() const { return {pbase(), static_cast<std::size_t>(pptr() - pbase())}; }

 private:
  std::string bytes_;
};

}  // namespace

TEST_CASE("each allocation of saving, copying and reading weights failing in turn") {
  const folder here;
  const std::string path = here / "a file whose name no short string holds", old = "old";
  make_file(path, old);
  for (const bool rich : {false, true}) {
    const auto old_file_only = [&] {
      CHECK(content(path) == old);
      CHECK(here.names().size() == 1);
    };
    CHECK(starve(
              rich, [&](model& m) { save(m.o, std::filesystem::path(path)); }, old_file_only) > 50);
    CHECK(content(path) != old);
    make_file(path, old);
    CHECK(starve(rich, [](model& m) {
            fixed_buffer buffer(100'000);
            std::ostream out(&buffer);
            save(m.o, out);
          }) > 50);
    CHECK(starve(rich, [](model& m) { snapshot copy(m.o); }) > 50);
    CHECK(starve(rich, [](model& m) { get_weights(m.o); }) > 5);
    const optimizer_weights weights = [&] {
      model m(rich);
      m.train(5);
      return get_weights(m.o);
    }();
    CHECK(starve(rich, [&](model& m) { set_weights(m.o, weights); }) > 3);
    model m(rich);
    m.train(2);
    const snapshot copy(m.o);
    CHECK(starve(
              rich, [&](model&) { copy.save(path); }, old_file_only) > 5);
    make_file(path, old);
  }
}

TEST_CASE("each allocation of loading failing in turn, whoever's options it takes") {
  const folder here;
  const std::string path = here / "a file whose name no short string holds";
  struct way {
    bool file_rich, mine_rich;
    load_options how;
  };
  using enum options_after_load;
  const way ways[] = {{false, false, {}},
                      {true, true, {}},
                      {false, false, {.learning_rate = rate_of_file}},
                      {true, true, {.options = keep_mine}},
                      {true, true, {.options = keep_mine, .learning_rate = other_rate}},
                      {true, true, {.options = from_file}},
                      {false, true, {.options = from_file}},
                      {true, false, {.options = from_file}},  // arrays must be made
                      {false, true, {.options = from_file, .learning_rate = rate_of_file}},
                      {true, true, {.partial = true}}};
  for (const way& each : ways) {
    INFO("way " << &each - ways);
    // Another rate and what rows owe do not go together with keep_mine.
    const std::string file = [&] {
      model m(each.file_rich);
      m.train(3);
      if (each.how.options == keep_mine) m.o.flush();
      return saved(m.o);
    }();
    make_file(path, file);
    const auto is_loaded = [&](const model& m) { REQUIRE(m.o.iterations() == 3); };
    CHECK(starve(each.mine_rich, [&](model& m) { is_loaded((load(m.o, std::filesystem::path(path), each.how), m)); }) > 100);
    CHECK(starve(each.mine_rich, [&](model& m) {
            std::istringstream in;  // whose copy of the text is made before
            const long kept = until_failure.exchange(-1);
            in.str(file);
            until_failure = kept;
            load(m.o, in, each.how);
          }) > 100);
  }
}

TEST_CASE("a header that is all names: what is allocated for it is a small multiple of its bytes") {
  const folder here;
  const std::string path = here / "model.safetensors";
  std::string text = "{\"__metadata__\":{\"adagrad.digest\":\"0000000000000000\",\"adagrad.format\":\"1\"";
  for (int i = 0; text.size() < 8 * MiB; ++i) text += ",\"b" + std::to_string(1'000'000 + i) + "\":\"\"";
  text += "}}";
  text.append(64 - (text.size() + 8) % 64, ' ');
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> 8 * i);
  make_file(path, length + text);
  model m(false);
  m.train(1);
  const std::size_t before = bytes_in_use;
  peak_bytes = before;
  CHECK(message_of([&] { load(m.o, std::filesystem::path(path)); }).find("its header was changed after it was written") !=
        std::string::npos);
  CHECK(peak_bytes - before < 16 * text.size());
}

TEST_CASE("what a load needs: less than 64 MiB from a path, the size from a stream; a snapshot: one copy") {
  std::vector<float> w(16 * MiB), g(w.size(), 0.5f);
  optimizer o({.learning_rate = 0.1});
  o.add("w", w, std::span<const float>(g));
  o.step();
  const folder here;
  const std::filesystem::path path = here / "model.safetensors";
  const auto peak_of = [&](const auto& call) {
    const std::size_t before = bytes_in_use;
    peak_bytes = before;
    call();
    return peak_bytes - before;
  };
  constexpr std::size_t state = 128 * MiB, little = 64 * MiB;
  CHECK(peak_of([&] { save(o, path); }) < little);
  CHECK(std::filesystem::file_size(path) > state);
  CHECK(peak_of([&] { load(o, path); }) < little);
  CHECK(peak_of([&] { load(o, path, {.options = options_after_load::from_file}); }) < little);
  CHECK(peak_of([&] {
          std::ifstream in(path, std::ios::binary);
          load(o, in);
        }) < state + little);
  const std::size_t of_copy = peak_of([&] { snapshot copy(o); });
  CHECK(of_copy >= state);
  CHECK(of_copy < state + MiB);
  std::size_t while_saving = 0;
  {
    const snapshot kept(o);
    while_saving = peak_of([&] { kept.save(path); });
  }
  CHECK(while_saving < little);
}
