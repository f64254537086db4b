// adagrad::load: all checks, then the digests of all arrays, then a second reading that writes.
#include <algorithm>
#include <istream>
#include <iterator>

#include "checkpoint/comparison.hpp"
#include "checkpoint/consistency.hpp"
#include "checkpoint/digest.hpp"
#include "checkpoint/file_failure.hpp"
#include "checkpoint/header.hpp"
#include "checkpoint/input_file.hpp"
#include "checkpoint/layout.hpp"
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

// `bytes` begin with a whole number, the one with this index.
template <class T>
void check_values(const std::vector<char>& bytes, std::size_t count, const header& h, const tensor& t, std::uint64_t index,
                  const allowed_values& allowed) {
  const T *const first = reinterpret_cast<const T*>(bytes.data()), *const last = first + count / sizeof(T);
  const T* const bad = std::find_if(first, last, [&](T x) { return !(x >= allowed.least && x <= allowed.most); });
  if (bad == last) return;
  index += static_cast<std::uint64_t>(bad - first);
  throw checkpoint_error("\"" + t.name + "\"[" + std::to_string(index) + "], byte " +
                         std::to_string(h.data_begin + t.begin + index * sizeof(T)) + " of the file, is " + number_text(*bad) + ": " +
                         allowed.rule);
}

template <class Source>
void check_array(const Source& source, const header& h, const tensor& t, const allowed_values& allowed, std::vector<char>& piece) {
  const std::string* const expected = [&]() -> const std::string* {
    const auto found = h.metadata.find(key::digest_of(t.name));
    return found == h.metadata.end() ? nullptr : &found->second;
  }();
  if (expected == nullptr) throw checkpoint_error("its metadata has no digest of \"" + t.name + "\"");
  digest sum;
  for (std::uint64_t at = t.begin; at < t.end; at += piece.size()) {
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), t.end - at));
    source.read_at(h.data_begin + at, piece.data(), count);
    sum.add(piece.data(), count);
    if (allowed.rule == nullptr) continue;
    if (t.type == element::f32) check_values<float>(piece, count, h, t, (at - t.begin) / sizeof(float), allowed);
    else check_values<double>(piece, count, h, t, (at - t.begin) / sizeof(double), allowed);
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

void clear(const kept_array& array) {
  for_each_piece(array, [](char* bytes, std::size_t count) { std::fill_n(bytes, count, '\0'); });
}

template <class Source>
load_report load_from(const Source& source, optimizer& to, const load_options& how) {
  if (how.partial && how.options == options_after_load::from_file)
    throw std::invalid_argument(
        "adagrad: load_options::partial does not go with options_after_load::from_file: load with must_match or keep_mine");
  const header h = read_checked_header(source);
  const saved_state file = read_state(h);
  const std::vector<allowed_values> allowed = check_consistency(h, file);
  load_report report;
  report.iterations = file.iterations;
  optimizer_contents mine = contents_access::of(to);
  if (const auto differences = compare(h, file, mine, how, report); !differences.empty()) {
    std::string all = "it does not fit this optimizer:";
    for (const std::string& each : differences) all += "\n  " + each;
    throw checkpoint_error(all);
  }
  std::uint64_t longest = 1;
  for (const tensor& t : h.tensors) longest = std::max(longest, t.end - t.begin);
  std::vector<char> piece(static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, longest)));
  for (std::size_t i = 0; i < h.tensors.size(); ++i) check_array(source, h, h.tensors[i], allowed[i], piece);

  std::vector<restored_parameter> restored(mine.parameters.size());
  std::string why = "a load stopped in the middle, and arrays may be half written";
  const bool takes_options = how.options == options_after_load::from_file;
  if (takes_options) contents_access::replace_options(to, options_of_file(file, mine, how));
  else if (how.learning_rate) to.set_learning_rate(*how.learning_rate);
  contents_access::begin_writing(to, std::move(why));
  if (takes_options) mine = contents_access::of(to);
  for (std::size_t i = 0; i < restored.size(); ++i) {
    const kept_parameter& kept = mine.parameters[i];
    const saved_parameter* const saved = find_parameter(file, kept.name);
    const bool window_goes_on = file.pending_calls > 0;
    restored[i] = {kept.owed, kept.averaging, kept.gathered && window_goes_on};
    if (saved == nullptr) {
      for (const kept_array& array : kept.arrays)
        if (array.what == content::pending_gradients && !window_goes_on) clear(array);
      continue;
    }
    restored[i] = {saved->owed, false, false};
    for (const kept_array& array : kept.arrays) {
      const tensor* const t = find_tensor(h, tensor_name(kept.name, array.what));
      if (t == nullptr) {  // nothing is in it yet
        clear(array);
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
  return as_checkpoint_error(path.string(), [&] { return load_from(input_file(path.string()), to, how); });
}

load_report load(optimizer& to, std::istream& from, const load_options& how) {
  return as_checkpoint_error("from the stream", [&] { return load_from(memory(from), to, how); });
}

}  // namespace adagrad
