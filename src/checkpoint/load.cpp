// adagrad::load: all checks, then the digests of all arrays, then a second reading that writes.
#include <algorithm>
#include <istream>
#include <iterator>

#include "checkpoint/comparison.hpp"
#include "checkpoint/digest.hpp"
#include "checkpoint/file_failure.hpp"
#include "checkpoint/header.hpp"
#include "checkpoint/input_file.hpp"
#include "checkpoint/layout.hpp"
#include "checkpoint/selection.hpp"
#include "checkpoint/text.hpp"

namespace adagrad {
namespace {

using namespace checkpoint;

constexpr std::size_t piece_bytes = 1 << 20;

// A whole stream.
class memory {
 public:
  explicit memory(std::istream& from) : bytes_(std::istreambuf_iterator<char>(from), {}) {
    if (from.bad()) throw checkpoint_error("the stream failed while it was read");
  }
  std::uint64_t size() const noexcept { return bytes_.size(); }
  bool unchanged() const noexcept { return true; }
  void read_at(std::uint64_t offset, void* to, std::size_t count) const {
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), count, static_cast<char*>(to));
  }

 private:
  std::vector<char> bytes_;
};

template <class Source>
header read_checked_header(const Source& source) {
  std::string bytes(std::min<std::uint64_t>(8, source.size()), '\0');
  source.read_at(0, bytes.data(), bytes.size());
  bytes.resize(header_bytes(bytes, source.size()));
  source.read_at(0, bytes.data(), bytes.size());
  header h = read_header(bytes, source.size());
  const auto format = h.metadata.find(key::format);
  if (format == h.metadata.end())
    throw checkpoint_error("it is a safetensors file, but no checkpoint of adagrad: its metadata has no \"adagrad.format\"");
  if (format->second != format_version)
    throw checkpoint_error("its format is " + checkpoint::quoted(format->second) + ", and this library reads " + format_version +
                           ": use a newer library");
  const auto digest = h.metadata.find(key::digest);
  if (digest == h.metadata.end() || digest->second != header_digest(h) || write_header(h) != bytes)
    throw checkpoint_error("its header was changed after it was written: the digest does not fit. Use another copy of the file");
  return h;
}

// Sums of squares are not below 0, whoever wrote them; NaN comes from gradients that were NaN. `bytes` begin with a whole number.
template <class T>
bool all_sums(const std::vector<char>& bytes, std::size_t count) {
  const T* const x = reinterpret_cast<const T*>(bytes.data());
  return std::none_of(x, x + count / sizeof(T), [](T G) { return G < 0; });
}

template <class Source>
void check_array(const Source& source, const header& h, const tensor& t, std::vector<char>& piece) {
  const std::string* const expected = [&]() -> const std::string* {
    const auto found = h.metadata.find(key::digest_of(t.name));
    return found == h.metadata.end() ? nullptr : &found->second;
  }();
  if (expected == nullptr) throw checkpoint_error("its metadata has no digest of \"" + t.name + "\"");
  const bool sums = t.name.size() > 12 && t.name.compare(t.name.size() - 12, 12, "/accumulator") == 0;
  digest sum;
  for (std::uint64_t at = t.begin; at < t.end; at += piece.size()) {
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), t.end - at));
    source.read_at(h.data_begin + at, piece.data(), count);
    sum.add(piece.data(), count);
    if (sums && !(t.type == element::f32 ? all_sums<float>(piece, count) : all_sums<double>(piece, count)))
      throw checkpoint_error("\"" + t.name + "\" has an element below 0, which no sum of squares is");
  }
  if (written_digest(sum.value()) != *expected)
    throw checkpoint_error("\"" + t.name + "\" was changed after it was written (bytes " + std::to_string(h.data_begin + t.begin) + " to " +
                           std::to_string(h.data_begin + t.end) + " of the file): its digest does not fit. Use another copy of the file");
}

template <class Source>
void read_array(const Source& source, std::uint64_t from, const kept_array& to) {
  for_each_piece(to, [&](char* bytes, std::size_t count) {
    source.read_at(from, bytes, count);
    from += count;
  });
}

// What a caller can have got wrong, whatever the file.
void check(const load_options& how, optimizer& to) {
  const bool some = how.partial || !how.parameters.empty();
  if (some && how.options == options_after_load::from_file)
    throw std::invalid_argument(std::string("adagrad: load_options::") + (how.partial ? "partial" : "parameters") +
                                " does not go with options_after_load::from_file: load with must_match or keep_mine");
  selection(how.parameters).must_be_among(contents_access::of(to), "load_options::parameters");
}

template <class Source>
load_report load_from(const Source& source, optimizer& to, const load_options& how) {
  const header h = read_checked_header(source);
  const saved_state file = read_state(h);
  load_report report;
  report.iterations = file.iterations;
  optimizer_contents mine = contents_access::of(to);
  if (const auto differences = compare(file, mine, how, report); !differences.empty()) {
    std::string all = "it does not fit this optimizer:";
    for (const std::string& each : differences) all += "\n  " + each;
    throw checkpoint_error(all);
  }
  std::vector<char> piece(piece_bytes);
  for (const tensor& t : h.tensors) check_array(source, h, t, piece);

  if (how.options == options_after_load::from_file) {
    contents_access::replace_options(to, options_of_file(file, mine, how));
    mine = contents_access::of(to);
  } else if (how.learning_rate) {
    to.set_learning_rate(*how.learning_rate);
  }
  const selection chosen(how.parameters);
  std::vector<restored_parameter> restored(mine.parameters.size());
  contents_access::begin_writing(to, "a load stopped in the middle, and arrays may be half written");
  for (std::size_t i = 0; i < restored.size(); ++i) {
    const kept_parameter& kept = mine.parameters[i];
    const saved_parameter* const saved = chosen.has(kept.name) ? file.find(kept.name) : nullptr;
    restored[i] = {kept.owed, kept.averaging, kept.gathered};
    if (saved == nullptr) continue;
    restored[i] = {saved->owed, false, false};
    for (const kept_array& array : kept.arrays) {
      const tensor* const t = saved->array(array.what);
      if (t == nullptr) {  // nothing is in it yet
        for_each_piece(array, [](char* bytes, std::size_t count) { std::fill_n(bytes, count, '\0'); });
        continue;
      }
      read_array(source, h.data_begin + t->begin, array);
      restored[i].averaging |= array.what == content::averages;
      restored[i].gathered |= array.what == content::pending_gradients;
    }
  }
  if (!source.unchanged())
    throw checkpoint_error("it changed while it was read: load again, or another file; no step is possible until a load succeeds");
  contents_access::restore(to, file.iterations, file.pending_calls, restored);
  return report;
}

template <class Load>
load_report as_checkpoint_error(const std::string& what, const Load& load) {
  try {
    return load();
  } catch (const file_failure& problem) {
    throw checkpoint_error(problem.what());
  } catch (const checkpoint_error& problem) {
    throw checkpoint_error("adagrad: cannot load " + what + ": " + problem.what());
  } catch (const std::invalid_argument& problem) {  // options that do not go together
    constexpr std::string_view ours = "adagrad: ";
    const std::string_view why = problem.what();
    throw checkpoint_error("adagrad: cannot load " + what + ": " +
                           std::string(why.substr(0, ours.size()) == ours ? why.substr(ours.size()) : why));
  } catch (const format_failure& problem) {
    throw checkpoint_error("adagrad: cannot load " + what + ": " + problem.what());
  }
}

}  // namespace

load_report load(optimizer& to, const std::filesystem::path& path, const load_options& how) {
  check(how, to);
  return as_checkpoint_error(path.string(), [&] { return load_from(input_file(path.string()), to, how); });
}

load_report load(optimizer& to, std::istream& from, const load_options& how) {
  check(how, to);
  return as_checkpoint_error("from the stream", [&] { return load_from(memory(from), to, how); });
}

}  // namespace adagrad
