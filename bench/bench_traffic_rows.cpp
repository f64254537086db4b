#include "bench_traffic_rows.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <vector>

#include "comparison.hpp"
#include "parallel/region.hpp"
#include "start_values.hpp"

namespace adagrad::bench {
namespace {

using row_sweep = void (*)(const row_traffic& of, row_prefetch ahead) noexcept;

// What one thread has to do of a batch.
struct share {
  std::vector<std::int64_t> indices;
  std::vector<std::int32_t> value_rows;
};

// Without duplicates by position; otherwise by row, so that no two threads write the same one, and beforehand: finding them is not traffic.
std::vector<share> shares(const batch& one, unsigned threads) {
  std::vector<share> all(threads);
  for (std::size_t i = 0; i < one.indices.size(); ++i) {
    const bool repeats = one.distinct < one.indices.size();
    share& to = all[repeats ? random_bits(static_cast<std::uint64_t>(one.indices[i])) % threads : i * threads / one.indices.size()];
    to.indices.push_back(one.indices[i]);
    to.value_rows.push_back(static_cast<std::int32_t>(i));
  }
  return all;
}

class limit {
 public:
  limit(row_sweep sweep, embedding& data, state_layout layout, unsigned threads, bool pooled)
      : sweep_(sweep), data_(data), layout_(layout), threads_(threads), pooled_(pooled) {
    if (threads > 1)
      for (const batch& one : data.batches()) shares_.push_back(shares(one, threads));
  }

  unsigned run(const batch& one, row_prefetch ahead) const {
    struct work {
      const limit& self;
      const batch& one;
      row_prefetch ahead;
    } w{*this, one, ahead};
    if (threads_ == 1) return run_part(one, one.indices, pooled_ ? one.bag_of.data() : nullptr, ahead), 1;
    return parallel::run(
        {.threads = threads_}, threads_,
        [](void* context, std::size_t index) {
          const work& own = *static_cast<const work*>(context);
          const share& mine = own.self.shares_[static_cast<std::size_t>(&own.one - own.self.data_.batches().data())][index];
          own.self.run_part(own.one, mine.indices, mine.value_rows.data(), own.ahead);
        },
        &w);
  }

 private:
  void run_part(const batch& one, std::span<const std::int64_t> indices, const std::int32_t* value_rows, row_prefetch ahead) const {
    const rows_view<float> w = data_.table(layout_), G = data_.accumulators(layout_);
    sweep_({w.data, G.data, static_cast<std::ptrdiff_t>(w.stride), static_cast<std::ptrdiff_t>(G.stride), indices.data(), value_rows,
            one.values.data, indices.size(), w.width},
           ahead);
  }

  row_sweep sweep_;
  embedding& data_;
  state_layout layout_;
  unsigned threads_;
  bool pooled_;
  std::vector<std::vector<share>> shares_;  // by batch, by thread
};

// The best time of each way to prefetch, in seconds for one call. A row keeps it over its repetitions, as form_times of the dense rows does.
struct prefetch_times {
  std::array<double, std::size(row_prefetches)> best;
  prefetch_times() { best.fill(std::numeric_limits<double>::infinity()); }

  row_prefetch fastest(embedding& data, const limit& traffic) {
    for (int round = 0; round < 3; ++round)
      for (std::size_t i = 0; i < best.size(); ++i) {
        const batch& one = data.next();
        const auto start = clock::now();
        traffic.run(one, row_prefetches[i]);
        const std::chrono::duration<double> elapsed = clock::now() - start;
        best[i] = std::min(best[i], elapsed.count());
      }
    return row_prefetches[std::min_element(best.begin(), best.end()) - best.begin()];
  }
};

void add_limit(const std::string& subject, std::string_view isa, const table_size& size, state_layout layout, bool pooled) {
  const row_traffic_table& sweeps = compared_with(isa).row_traffic;
  const row_sweep sweep = layout == state_layout::rowwise ? sweeps.rowwise : sweeps.elementwise;
  add_table_row(subject, traffic_variant(layout), isa, size, [=, times = prefetch_times()](benchmark::State& state) mutable {
    embedding& data = fresh_embedding(size.shape, layout);
    const limit traffic(sweep, data, layout, size.threads, pooled);
    const row_prefetch ahead = times.fastest(data, traffic);
    measure_table(state, size, data, data.bytes(layout, pooled), [&](const batch& one) { return traffic.run(one, ahead); });
    state.SetLabel(ahead.rows == 0
                       ? "no prefetch"
                       : "prefetch " + std::to_string(ahead.rows) + " rows ahead, " + (ahead.between ? "line by line" : "at once"));
  });
}

}  // namespace

std::string traffic_variant(state_layout layout) {
  switch (layout) {
    case state_layout::interleaved: return "elementwise-interleaved";
    case state_layout::rowwise: return "rowwise";
    case state_layout::elementwise: break;
  }
  return "elementwise";
}

void add_row_traffic(std::string_view isa, const table_size& size, state_layout layout) {
  add_limit("traffic_rows", isa, size, layout, false);
}

void add_bag_traffic(std::string_view isa, const table_size& size, state_layout layout) {
  add_limit("traffic_bags", isa, size, layout, true);
}

}  // namespace adagrad::bench
