// The two readings of a file's arrays: one that only checks, one that writes. A source has read_at(offset, to, count), from any thread.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "adagrad/checkpoint.hpp"
#include "checkpoint/consistency.hpp"
#include "checkpoint/digest.hpp"
#include "checkpoint/in_parallel.hpp"
#include "checkpoint/layout.hpp"
#include "checkpoint/option_text.hpp"

namespace adagrad::checkpoint {

// What an array is filled from.
struct copied_array {
  const kept_array* to;
  const tensor* from;  // null: zeros
};

template <class Source>
class array_reader {
 public:
  // Allocates all that it needs.
  array_reader(const Source& source, const header& h, std::vector<allowed_values> allowed, const threading& how)
      : source_(source), header_(h), allowed_(std::move(allowed)), pool_(how.pool) {
    std::uint64_t longest = 1;
    for (const tensor& t : h.tensors) {
      longest = std::max(longest, t.end - t.begin);
      const auto found = h.metadata.find(key::digest_of(t.name));
      if (found == h.metadata.end()) throw checkpoint_error("its metadata has no digest of \"" + t.name + "\"");
      digests_.push_back(read_digest(found->second));
    }
    piece_bytes_ = static_cast<std::size_t>(std::min<std::uint64_t>(longest, 1 << 20));
    workers_.resize(workers_for(how, h.tensors.size(), h.tensors.empty() ? 0 : h.tensors.back().end));
    for (worker& each : workers_) each.piece = std::make_unique_for_overwrite<char[]>(piece_bytes_);
  }

  // Throws checkpoint_error for the first array that is not what was written, or that no training makes.
  void check() {
    in_parallel(header_.tensors.size(), worker_count(), pool_, [&](std::size_t i, unsigned worker) { check(i, workers_[worker]); });
  }

  // Of checked arrays; nothing but reading can fail. What does not have the digest of the first reading was changed in between.
  void copy(const std::vector<copied_array>& arrays) {
    in_parallel(arrays.size(), worker_count(), pool_, [&](std::size_t i, unsigned worker) { copy(arrays[i], workers_[worker]); });
  }

 private:
  struct worker {
    std::unique_ptr<char[]> piece{};
    digest sum{};
  };

  unsigned worker_count() const noexcept { return static_cast<unsigned>(workers_.size()); }

  template <class T>
  static bool is_allowed(const char* at, const allowed_values& allowed) {
    const T least = static_cast<T>(allowed.least), most = static_cast<T>(allowed.most);
    T x;
    std::memcpy(&x, at, sizeof(T));
    return allowed.or_nan ? !((x < least) | (x > most)) : (x >= least) & (x <= most);
  }

  // `bytes` begin with the element of this index.
  template <class T>
  void check_values(const char* bytes, std::size_t count, const tensor& t, std::uint64_t index, const allowed_values& allowed) const {
    bool all = true;  // without an early end, the loop is vectorised
    for (std::size_t i = 0; i < count; i += sizeof(T)) all &= is_allowed<T>(bytes + i, allowed);
    if (all) return;
    for (; is_allowed<T>(bytes, allowed); bytes += sizeof(T)) ++index;
    T bad;
    std::memcpy(&bad, bytes, sizeof(T));
    throw checkpoint_error("\"" + t.name + "\"[" + std::to_string(index) + "], byte " +
                           std::to_string(header_.data_begin + t.begin + index * sizeof(T)) + " of the file, is " + number_text(bad) +
                           ": " + allowed.rule);
  }

  void check(std::size_t index, worker& by) const {
    const tensor& t = header_.tensors[index];
    const allowed_values& allowed = allowed_[index];
    by.sum.reset();
    for (std::uint64_t at = t.begin; at < t.end; at += piece_bytes_) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes_, t.end - at));
      source_.read_at(header_.data_begin + at, by.piece.get(), count);
      by.sum.add(by.piece.get(), count);
      if (allowed.rule == nullptr) continue;
      if (t.type == element::f32) check_values<float>(by.piece.get(), count, t, (at - t.begin) / sizeof(float), allowed);
      else check_values<double>(by.piece.get(), count, t, (at - t.begin) / sizeof(double), allowed);
    }
    if (by.sum.value() != digests_[index])
      throw checkpoint_error("\"" + t.name + "\" was changed after it was written (bytes " + std::to_string(header_.data_begin + t.begin) +
                             " to " + std::to_string(header_.data_begin + t.end) +
                             " of the file): its digest does not fit. Use another copy of the file");
  }

  void copy(const copied_array& array, worker& by) const {
    if (array.from == nullptr) return for_each_piece(*array.to, [](char* bytes, std::size_t count) { std::fill_n(bytes, count, '\0'); });
    std::uint64_t at = array.from->begin;
    std::size_t in_piece = 0, used = 0;  // rows of a table in gaps are read together
    by.sum.reset();
    for_each_piece(*array.to, [&](char* bytes, std::size_t count) {
      for (std::size_t part = 0; count > 0; bytes += part, count -= part) {
        if (used == in_piece && count >= piece_bytes_) {
          part = piece_bytes_;
          read(at, bytes, part, by.sum);
          continue;
        }
        if (used == in_piece) {
          in_piece = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes_, array.from->end - at));
          used = 0;
          read(at, by.piece.get(), in_piece, by.sum);
        }
        part = std::min(count, in_piece - used);
        std::memcpy(bytes, by.piece.get() + used, part);
        used += part;
      }
    });
    if (by.sum.value() != digests_[static_cast<std::size_t>(array.from - header_.tensors.data())])
      throw checkpoint_error("\"" + array.from->name + "\" was changed while it was read");
  }

  void read(std::uint64_t& at, char* to, std::size_t count, digest& sum) const {
    source_.read_at(header_.data_begin + at, to, count);
    sum.add(to, count);
    at += count;
  }

  const Source& source_;
  const header& header_;
  std::vector<allowed_values> allowed_;
  const executor* pool_;
  std::size_t piece_bytes_;
  std::vector<std::optional<std::uint64_t>> digests_;
  std::vector<worker> workers_;
};

}  // namespace adagrad::checkpoint
