// adagrad::load: all checks, then the digests of all arrays, then a second reading that writes.
#include <algorithm>
#include <istream>
#include <memory>
#include <optional>

#include "checkpoint/comparison.hpp"
#include "checkpoint/digest.hpp"
#include "checkpoint/file_failure.hpp"
#include "checkpoint/header.hpp"
#include "checkpoint/input_file.hpp"
#include "checkpoint/layout.hpp"
#include "checkpoint/read_arrays.hpp"
#include "checkpoint/selection.hpp"
#include "checkpoint/text.hpp"

namespace adagrad {
namespace {

using namespace checkpoint;

constexpr std::size_t piece_bytes = 1 << 20;

// A whole stream, in pieces: one block would have to grow, and take thrice the memory meanwhile.
class memory {
 public:
  explicit memory(std::istream& from) {
    if (!from) throw checkpoint_error("the stream has failed before it was read: was the file opened?");
    for (std::size_t got = 1, room = 0; got > 0; size_ += got, room -= got) {
      if (room == 0) pieces_.push_back(std::make_unique_for_overwrite<char[]>(room = piece_bytes));
      got = read(from, pieces_.back().get() + (piece_bytes - room), room);
    }
  }
  std::uint64_t size() const noexcept { return size_; }
  bool unchanged() const noexcept { return true; }
  void read_at(std::uint64_t offset, void* to, std::size_t count) const {
    for (char* bytes = static_cast<char*>(to); count > 0;) {
      const std::size_t in_piece = static_cast<std::size_t>(offset % piece_bytes), part = std::min(count, piece_bytes - in_piece);
      bytes = std::copy_n(pieces_[static_cast<std::size_t>(offset / piece_bytes)].get() + in_piece, part, bytes);
      offset += part;
      count -= part;
    }
  }

 private:
  // From the buffer itself: some streams throw at their end.
  std::size_t read(std::istream& from, char* to, std::size_t count) const {
    try {
      const std::streamsize got = from.rdbuf()->sgetn(to, static_cast<std::streamsize>(count));
      if (got >= 0 && static_cast<std::size_t>(got) <= count) return static_cast<std::size_t>(got);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& problem) {
      throw checkpoint_error("the stream failed after " + std::to_string(size_) + " bytes: " + problem.what());
    }
    throw checkpoint_error("the stream failed after " + std::to_string(size_) + " bytes: its buffer does not say how many it has read");
  }

  std::vector<std::unique_ptr<char[]>> pieces_;
  std::uint64_t size_ = 0;
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

// What a caller can have got wrong, whatever the file.
void check(const load_options& how, optimizer& to) {
  const bool some = how.partial || !how.parameters.empty();
  if (some && how.options == options_after_load::from_file)
    throw std::invalid_argument(std::string("adagrad: load_options::") + (how.partial ? "partial" : "parameters") +
                                " does not go with options_after_load::from_file: load with must_match or keep_mine");
  if (how.options > options_after_load::keep_mine)
    throw std::invalid_argument("adagrad: load_options::options is " + std::to_string(static_cast<unsigned>(how.options)) +
                                ", which is none of its values: use one of their names");
  if (how.learning_rate) contents_access::check_learning_rate(*how.learning_rate);
  selection(how.parameters).must_be_among(contents_access::for_load(to), "load_options::parameters");
}

void must_fit(const saved_state& file, const optimizer_contents& mine, const load_options& how, load_report& report) {
  const std::vector<std::string> differences = compare(file, mine, how, report);
  if (differences.empty()) return;
  std::string all = "it does not fit this optimizer:";
  for (const std::string& each : differences) all += "\n  " + each;
  throw checkpoint_error(all);
}

template <class Source>
load_report load_from(const Source& source, optimizer& to, const load_options& how) {
  const header h = read_checked_header(source);
  const saved_state file = read_state(h);
  std::vector<allowed_values> allowed = check_consistency(h, file);
  load_report report;
  report.iterations = file.iterations;
  optimizer_contents mine = contents_access::for_load(to);
  {
    const contents_access::question open(to);
    must_fit(file, mine, how, report);
  }
  array_reader<Source> arrays(source, h, std::move(allowed), mine.options->how);
  arrays.check();

  std::optional<contents_access::option_replacement> replaced;
  if (how.options == options_after_load::from_file) {
    replaced.emplace(to, [&] {
      const contents_access::question open(to);
      return options_of_file(file, mine, how);
    }());
    mine = contents_access::for_load(to);
  }
  const selection chosen(how.parameters);
  std::vector<restored_parameter> restored(mine.parameters.size());
  std::vector<copied_array> copied;
  for (std::size_t i = 0; i < restored.size(); ++i) {
    const kept_parameter& kept = mine.parameters[i];
    const saved_parameter* const saved = chosen.has(kept.name) ? file.find(kept.name) : nullptr;
    if (saved == nullptr && kept.half_loaded)
      throw checkpoint_error("an earlier load stopped while it wrote parameter \"" + std::string(kept.name) +
                             "\", and this one leaves it out: load it, too");
    if (saved == nullptr) continue;
    restored[i] = {true, saved->owed, false, false};
    for (const kept_array& array : kept.arrays) {
      const tensor* const t = saved->array(array.what);
      copied.push_back({&array, t});
      restored[i].averaging |= t != nullptr && array.what == content::averages;
      restored[i].gathered |= t != nullptr && array.what == content::pending_gradients;
    }
  }
  contents_access::check_overlaps(to);
  if (!source.unchanged()) throw checkpoint_error("it was changed while it was checked: load again");
  if (!replaced && how.learning_rate) to.set_learning_rate(*how.learning_rate);  // refuses before it changes anything
  // From here on only reading can fail.
  contents_access::begin_writing(to, restored);
  arrays.copy(copied);
  if (replaced) replaced->keep();
  contents_access::restore(to, file.iterations, file.pending_calls, restored);
  return report;
}

template <class Load>
load_report as_checkpoint_error(const std::string& what, const optimizer& to, const Load& load) {
  const auto refuse = [&](std::string_view why) {
    throw checkpoint_error(std::string(why) + (contents_access::half_loaded(to)
                                                   ? "; its arrays may be half written: load again, or another file, before going on"
                                                   : ""));
  };
  const std::string prefix = "adagrad: cannot load " + what + ": ";
  try {
    return load();
  } catch (const file_failure& problem) {
    refuse(problem.what());
  } catch (const checkpoint_error& problem) {
    refuse(prefix + problem.what());
  } catch (const std::invalid_argument& problem) {  // options that do not go together
    refuse(prefix + std::string(without_prefix(problem.what())));
  } catch (const format_failure& problem) {
    refuse(prefix + problem.what());
  }
  return {};
}

}  // namespace

load_report load(optimizer& to, const std::filesystem::path& path, const load_options& how) {
  check(how, to);
  return as_checkpoint_error(path.string(), to, [&] { return load_from(input_file(path.string()), to, how); });
}

load_report load(optimizer& to, std::istream& from, const load_options& how) {
  check(how, to);
  return as_checkpoint_error("from the stream", to, [&] { return load_from(memory(from), to, how); });
}

}  // namespace adagrad
