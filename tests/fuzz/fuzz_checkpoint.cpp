// A fuzzer of adagrad::load. The first byte says how to load, the rest is the file. What is refused has changed nothing; what is taken is what save() writes
// again, and training goes on from there.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "fuzz/model.hpp"
#include "support/opened_file.hpp"

namespace {

using namespace adagrad;

void must(bool holds) {
  if (!holds) __builtin_trap();
}

struct wish {
  fuzz::kind kind;
  options_after_load options;
  bool partial, custom_rate;
  unsigned sealing;  // 0: the file stays as it is

  explicit wish(unsigned bits)
      : kind(static_cast<fuzz::kind>(bits % fuzz::kinds)),
        options(static_cast<options_after_load>(bits / 4 % 4 % 3)),
        partial(bits / 16 % 2 != 0 && options != options_after_load::from_file),
        custom_rate(bits / 32 % 2 != 0),
        sealing(bits / 64) {}

  load_options how() const {
    load_options made{.options = options, .partial = partial};
    if (custom_rate && kind != fuzz::kind::tables_at_one_rate) made.learning_rate = fuzz::rate_of_ones_own;
    return made;
  }
};

std::string mended(const std::string& file, unsigned sealing) {
  if (sealing == 0) return file;
  try {
    return test::sealed(test::open_file(file), sealing == 1 ? test::sealing::header : test::sealing::header_and_tensors);
  } catch (const checkpoint::format_failure&) {
    return file;
  }
}

// All but the order of tensors, the shapes of arrays, and who wrote it.
void must_hold_the_same(const std::string& a, const std::string& b) {
  test::opened_file first = test::open_file(a), second = test::open_file(b);
  for (test::opened_file* const file : {&first, &second})
    for (const char* const own : {checkpoint::key::version, checkpoint::key::digest}) file->metadata.erase(own);
  must(first.metadata == second.metadata);
  must(first.tensors.size() == second.tensors.size());
  for (const test::opened_tensor& t : first.tensors) must(second.tensor(t.name).bytes == t.bytes && second.tensor(t.name).type == t.type);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const wish wished(data[0]);
  const std::string file = mended(std::string(reinterpret_cast<const char*>(data) + 1, size - 1), wished.sealing);
  fuzz::model model(wished.kind, wished.custom_rate);
  model.steps(2);
  const std::string before = model.saved();
  try {
    model.load(file, wished.how());
  } catch (const checkpoint_error&) {
    must(model.saved() == before);
    model.steps(1);
    return 0;
  }
  const std::string after = model.saved();
  if (!wished.partial && wished.options != options_after_load::keep_mine) must_hold_the_same(file, after);
  const load_options again{.options = options_after_load::from_file, .learning_rate = wished.how().learning_rate};
  fuzz::model other(wished.kind, wished.custom_rate);
  other.load(after, again);
  must(other.saved() == after);
  model.load(after);
  must(model.saved() == after);
  try {
    model.steps(1);
  } catch (const std::invalid_argument&) {  // the last iteration there is, a rate that float cannot hold
  }
  model.optimizer().flush();
  model.saved();
  return 0;
}
