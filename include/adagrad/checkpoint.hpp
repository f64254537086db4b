/// Saving an optimizer and going on as if training had never stopped. Needs the library adagrad::checkpoint; the format is described in docs/checkpoint.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adagrad/optimizer.hpp"

namespace adagrad {

/// A file that cannot be used: damaged, cut off, of another kind or of another model; or one that cannot be written. The message says what is wrong and where.
/// Nothing was changed, unless it says that arrays may be half written: see load().
class ADAGRAD_API checkpoint_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Whose options an optimizer has after a load: rule, schedule, constraints and all else that can be set.
enum class options_after_load : unsigned char {
  must_match,  ///< both have the same, else the load is refused with a list of all that differs
  from_file,   ///< those of the file
  keep_mine,   ///< those that it has: to go on with another rate, for example
};

struct save_options {
  /// Names of the parameters to save; empty: all. The options and counters of the whole optimizer are saved with them.
  std::vector<std::string> parameters{};
};

struct load_options {
  options_after_load options = options_after_load::must_match;
  /// In place of a schedule that is the user's own code, which no file can hold: without it, the optimizer's own schedule must be custom too. Either must
  /// give the recorded rate at the saved iteration (not looked at with keep_mine).
  std::optional<schedule> learning_rate{};
  /// Names of the parameters to load; empty: all. Both must have them; all others of this optimizer keep what they are (but lazy tables pay what they owe where a
  /// learning_rate is given), all others of the file are left out. The counter is the file's. Not with from_file.
  std::vector<std::string> parameters{};
  /// Parameters that only this optimizer has keep what they are, and those that only the file has are left out; the report lists both. Without it, that is
  /// refused. Not with from_file.
  bool partial = false;
};

struct load_report {
  std::uint64_t iterations = 0;
  std::vector<std::string> not_in_file, not_in_optimizer;  ///< names of parameters; empty unless load_options::partial
  std::vector<std::string> left_out;  ///< arrays of the file that keep_mine has no use for: averages, sums of dual averaging
};

/// Writes all that training has changed: parameters, accumulators, sums, averages, pending gradients, row counts, what lazy rows owe, counters; and all options, of
/// the optimizer and of each parameter (which groups there are is not kept).
///
/// - Crash-safe: the file is written beside the old one under another name, synced and renamed over it. Whenever the program or the machine stops, the path holds the old
///   file or the new one, complete. Throws checkpoint_error when anything fails; then the old file is untouched.
/// - Arrays that are missing yet are allocated, otherwise the optimizer does not change, whatever fails. Not to be called while a step runs.
/// - Throws std::logic_error where a load stopped in the middle (a half state never becomes a file), std::invalid_argument for a name of no parameter.
ADAGRAD_API void save(optimizer& from, const std::filesystem::path& path, const save_options& what = {});
/// The same bytes to a stream, which should be binary; throws checkpoint_error when it fails.
ADAGRAD_API void save(optimizer& from, std::ostream& to, const save_options& what = {});

/// Brings an optimizer to where save() found another one, bit for bit. It has the same parameters by name, type and shape, in any order; their memory is the caller's,
/// and is written.
///
/// - The whole file is checked before the first write, digests of all arrays included: what is refused (checkpoint_error) has changed nothing, nor has std::bad_alloc.
///   std::invalid_argument tells of load_options that do not go together, or a name of no parameter.
/// - From a path it is then read a second time, by the same descriptor, and the digests are computed again. Should that fail (the disk fails, the file is changed
///   meanwhile), checkpoint_error says that arrays may be half written. Then step, save, snapshot, get_weights and set_weights throw std::logic_error until a load
///   succeeds that brings all parameters that were being written; all else, options too, is as before that load (but a load_options::learning_rate is set).
/// - Needs 1 MiB for a thread and some five times the file's header, which describes the parameters (less than 64 MiB up to some 10,000 of them); from a stream, the size of the
///   file besides. A stream is read to its end: it holds one checkpoint.
/// - Works on the optimizer's threads or pool, at most 16 of them; so does save(). Not to be called while a step, a save or another load of the same optimizer runs.
/// - Safe with files of unknown origin: see SECURITY.md.
ADAGRAD_API load_report load(optimizer& to, const std::filesystem::path& path, const load_options& how = {});
ADAGRAD_API load_report load(optimizer& to, std::istream& from, const load_options& how = {});

/// A copy of all that save() writes, to be saved on another thread while training goes on. Making one throws as save() does.
class ADAGRAD_API snapshot {
 public:
  explicit snapshot(optimizer& of, const save_options& what = {});
  ~snapshot();
  snapshot(snapshot&&) noexcept;
  snapshot& operator=(snapshot&&) noexcept;
  void save(const std::filesystem::path& path) const;
  void save(std::ostream& to) const;
  std::uint64_t bytes() const noexcept;  ///< of the file; 0 once it was moved from

 private:
  struct contents;
  std::unique_ptr<contents> contents_;
};

}  // namespace adagrad
