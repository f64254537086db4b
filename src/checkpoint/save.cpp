// adagrad::save and snapshots.
#include <ostream>

#include "adagrad/checkpoint.hpp"
#include "checkpoint/atomic_file.hpp"
#include "checkpoint/consistency.hpp"
#include "checkpoint/file_failure.hpp"
#include "checkpoint/header.hpp"
#include "checkpoint/layout.hpp"
#include "checkpoint/selection.hpp"
#include "checkpoint/text.hpp"

namespace adagrad {
namespace {

using namespace checkpoint;

optimizer_contents chosen_contents(optimizer& from, const save_options& what) {
  optimizer_contents contents = contents_access::of(from);
  const selection chosen(what.parameters);
  chosen.must_be_among(contents, "save_options::parameters");
  std::erase_if(contents.parameters, [&](const kept_parameter& p) { return !chosen.has(p.name); });
  return contents;
}

// What a file holds must be what a load takes: found now, and not when the training is gone.
header make_readable_header(optimizer& from, const optimizer_contents& contents) {
  const header made = [&] {
    const contents_access::question open(from);
    return make_header(contents);
  }();
  check_consistency(made, read_state(made));
  return made;
}

template <class Write>
void write_all(optimizer& from, const optimizer_contents& contents, const Write& write) {
  const std::string head = write_header(make_readable_header(from, contents));
  write(head.data(), head.size());
  for_each_saved(contents, write);
}

// A parameter's name that no file can hold is a refusal like any other.
template <class Body>
void as_checkpoint_error(const char* doing, const Body& body) {
  try {
    body();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const file_failure& problem) {
    throw checkpoint_error(problem.what());
  } catch (const std::exception& problem) {
    throw checkpoint_error(std::string("adagrad: cannot ").append(doing).append(": ").append(without_prefix(problem.what())));
  }
}

// `pieces(write)` calls write(bytes, count) with all of the file.
template <class Pieces>
void write_file(const std::filesystem::path& path, const Pieces& pieces) {
  as_checkpoint_error("save", [&] {
    atomic_file file(path);
    pieces([&](const char* bytes, std::size_t count) { file.write(bytes, count); });
    file.commit();
  });
}

template <class Pieces>
void write_stream(std::ostream& to, const Pieces& pieces) {
  as_checkpoint_error("save", [&] {
    pieces([&](const char* bytes, std::size_t count) { to.write(bytes, static_cast<std::streamsize>(count)); });
    if (!to.flush()) throw std::runtime_error("the stream failed: see where it writes to; what is there is no whole checkpoint");
  });
}

}  // namespace

void save(optimizer& from, const std::filesystem::path& path, const save_options& what) {
  const optimizer_contents contents = chosen_contents(from, what);
  write_file(path, [&](const auto& write) { write_all(from, contents, write); });
}
void save(optimizer& from, std::ostream& to, const save_options& what) {
  const optimizer_contents contents = chosen_contents(from, what);
  write_stream(to, [&](const auto& write) { write_all(from, contents, write); });
}

// The file in memory. Schedules are asked when it is made, not when it is written.
struct snapshot::contents {
  std::vector<char> bytes;
  static const std::vector<char>& of(const snapshot& copy) {
    if (copy.contents_ == nullptr)
      throw std::logic_error("adagrad: this snapshot was moved from: use the one it was moved to, or make a new one");
    return copy.contents_->bytes;
  }
};

snapshot::snapshot(optimizer& of, const save_options& what) : contents_(std::make_unique<contents>()) {
  const optimizer_contents from = chosen_contents(of, what);
  as_checkpoint_error("take a snapshot", [&] {
    const header made = make_readable_header(of, from);
    const std::string head = write_header(made);
    std::vector<char>& bytes = contents_->bytes;
    bytes.reserve(head.size() + (made.tensors.empty() ? 0 : made.tensors.back().end));
    bytes.assign(head.begin(), head.end());
    for_each_saved(from, [&](const char* piece, std::size_t count) { bytes.insert(bytes.end(), piece, piece + count); });
  });
}

snapshot::~snapshot() = default;
snapshot::snapshot(snapshot&&) noexcept = default;
snapshot& snapshot::operator=(snapshot&&) noexcept = default;

void snapshot::save(const std::filesystem::path& path) const {
  const std::vector<char>& bytes = contents::of(*this);
  write_file(path, [&](const auto& write) { write(bytes.data(), bytes.size()); });
}
void snapshot::save(std::ostream& to) const {
  const std::vector<char>& bytes = contents::of(*this);
  write_stream(to, [&](const auto& write) { write(bytes.data(), bytes.size()); });
}
std::uint64_t snapshot::bytes() const noexcept { return contents_ == nullptr ? 0 : contents_->bytes.size(); }

}  // namespace adagrad
