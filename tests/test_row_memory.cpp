// Which memory updates of rows touch: the rows of the batch and nothing else; tables beyond 2^31 and 2^32 elements and 4 GiB.
#include <sys/mman.h>
#include <unistd.h>

#include <limits>
#include <new>

#include "support/bits.hpp"
#include "support/guarded.hpp"
#include "support/row_tables.hpp"
#include "support/rules.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr double rate = 0.05;

// Rows on pages of their own, between pages that may not be touched: each against the page before it, or against the one behind.
template <class T>
class rows_on_pages {
 public:
  rows_on_pages(std::size_t rows, std::size_t width, bool against_end) : rows_(rows), width_(width) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t bytes = width * sizeof(T), inner = (bytes + page - 1) / page * page;
    stride_ = inner + page;
    mapped_ = page + rows * stride_;
    void* start = mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<char*>(start);
    for (std::size_t i = 0; i < rows; ++i)
      if (mprotect(base_ + page + i * stride_, inner, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    first_ = reinterpret_cast<T*>(base_ + page + (against_end ? inner - bytes : 0));
  }
  rows_on_pages(const rows_on_pages&) = delete;
  rows_on_pages& operator=(const rows_on_pages&) = delete;
  ~rows_on_pages() { munmap(base_, mapped_); }

  rows_view<T> view() const { return {first_, rows_, width_, stride_ / sizeof(T)}; }
  T* row(std::size_t i) const { return first_ + i * (stride_ / sizeof(T)); }
  void fill(random_bits& random) const {
    for (std::size_t i = 0; i < rows_; ++i)
      for (std::size_t j = 0; j < width_; ++j) row(i)[j] = std::abs(usual_value<T>(random));
  }
  std::vector<T> packed() const {
    std::vector<T> all;
    for (std::size_t i = 0; i < rows_; ++i) all.insert(all.end(), row(i), row(i) + width_);
    return all;
  }

 private:
  std::size_t rows_, width_, stride_ = 0, mapped_ = 0;
  char* base_ = nullptr;
  T* first_ = nullptr;
};

// Zeros that take memory where they are written only; null where the system gives no such.
template <class T>
class sparse {
 public:
  explicit sparse(std::size_t count) : bytes_(count * sizeof(T)) {
    void* start = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start != MAP_FAILED) data_ = static_cast<T*>(start);
  }
  sparse(const sparse&) = delete;
  sparse& operator=(const sparse&) = delete;
  ~sparse() {
    if (data_ != nullptr) munmap(data_, bytes_);
  }
  T* data() const { return data_; }

 private:
  std::size_t bytes_;
  T* data_ = nullptr;
};

template <class T>
void check_pages(std::size_t width, row_accumulators kind, duplicate_rule duplicates, bool against_end) {
  CAPTURE(width);
  CAPTURE(int(kind));
  CAPTURE(int(duplicates));
  const std::size_t rows = 4, G_width = kind == row_accumulators::rowwise ? 1 : width;
  const rows_on_pages<T> w(rows, width, against_end), G(rows, G_width, against_end), g(6, width, against_end);
  random_bits random(width);
  w.fill(random), G.fill(random), g.fill(random);
  using side = typename guarded<T>::against;
  const std::vector<std::int32_t> ids{3, 0, 3, 2, 0, 3}, starts{0, 1, 1, 4, 5, 6};
  const std::vector<T> weights{1, 2, 3, T(0.5), 1, 2};
  const guarded<std::int32_t> guarded_ids(ids, guarded<std::int32_t>::against::end),
      guarded_starts(starts, guarded<std::int32_t>::against::end);
  const guarded<T> guarded_weights(weights, side::end);
  const bag_gradients<T> bags{.indices = guarded_ids.get(),
                              .offsets = guarded_starts.get(),
                              .gradients = g.view(),
                              .pooled = pooling::mean,
                              .weights = guarded_weights.get()};
  for (const auto& rule : {update_options{}, update_options{.weight_decay = 0.1, .proximal_l1 = 1e-3}}) {
    auto expected_w = w.packed(), expected_G = G.packed(), values = g.packed();
    const row_options options{kind, duplicates};
    const rows_view<T> table{expected_w.data(), rows, width}, accumulators{expected_G.data(), rows, G_width};
    reference::update_rows(table, accumulators, row_gradients<T>{ids, {values.data(), 6, width}}, rate, rule, options);
    reference::expand({values.data(), 6, width}, bags);
    reference::update_rows(table, accumulators, row_gradients<T>{ids, {values.data(), 6, width}}, rate, rule, options);
    const threading how{.threads = 2, .serial_below = 0};
    update_rows(w.view(), G.view(), row_gradients<T>{guarded_ids.get(), g.view()}, rate, rule, options, how);
    update_rows(w.view(), G.view(), bags, rate, rule, options, how);
    CHECK(first_difference(w.packed(), expected_w) == expected_w.size());
    CHECK(first_difference(G.packed(), expected_G) == expected_G.size());
  }
}

// Rows of a table far too large to look at, against a small table that holds only those.
template <class T, class Index>
void check_far(rows_view<T> table, rows_view<T> accumulators, const std::vector<std::size_t>& far, duplicate_rule duplicates) {
  const std::size_t width = table.width, G_width = accumulators.width;
  std::vector<Index> ids;
  std::vector<std::int64_t> near;
  for (std::size_t i = 0; i < 3 * far.size(); ++i) {
    near.push_back(static_cast<std::int64_t>((5 * i + i / 7) % far.size()));
    ids.push_back(static_cast<Index>(far[static_cast<std::size_t>(near.back())]));
  }
  const row_options rows{G_width == width ? row_accumulators::elementwise : row_accumulators::rowwise, duplicates};
  const auto values = make_row_batch<T>(near, width, 19);
  std::vector<T> w(far.size() * width), G(far.size() * G_width);
  random_bits random(23);
  for (std::size_t i = 0; i < far.size(); ++i) {
    for (std::size_t j = 0; j < width; ++j) table.data[far[i] * table.stride + j] = w[i * width + j] = usual_value<T>(random);
    for (std::size_t j = 0; j < G_width; ++j) accumulators.data[far[i] * accumulators.stride + j] = G[i * G_width + j] = T(0.5);
  }
  for (const unsigned threads : {1u, 3u}) {
    const threading how{.threads = threads, .serial_below = 0};
    update_rows(table, accumulators, row_gradients<T>{ids, values.get().values}, rate, {}, rows, how);
    reference::update_rows({w.data(), far.size(), width}, {G.data(), far.size(), G_width}, row_gradients<T>{near, values.get().values},
                           rate, {}, rows);
  }
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < far.size(); ++i) {
    for (std::size_t j = 0; j < width; ++j) wrong += !same(table.data[far[i] * table.stride + j], w[i * width + j]);
    for (std::size_t j = 0; j < G_width; ++j) wrong += !same(accumulators.data[far[i] * accumulators.stride + j], G[i * G_width + j]);
    for (const std::size_t beside : {far[i] + 1, far[i] - 1})  // rows that are not in the batch
      if (beside < table.rows && std::find(far.begin(), far.end(), beside) == far.end())
        for (std::size_t j = 0; j < width; ++j) wrong += table.data[beside * table.stride + j] != 0;
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE_TEMPLATE("rows on pages of their own: no byte before or behind a row is touched", T, float, double) {
  constexpr std::size_t L = 64 / sizeof(T);
  for_each_isa([&](const std::string&) {
    for (const std::size_t width : {std::size_t(1), L - 1, L, L + 1, 3 * L + 5, std::size_t(1000), std::size_t(5000)})
      for (const auto kind : {row_accumulators::elementwise, row_accumulators::rowwise})
        for (const auto duplicates : {duplicate_rule::sum, duplicate_rule::mean, duplicate_rule::sequential})
          for (const bool against_end : {false, true}) check_pages<T>(width, kind, duplicates, against_end);
  });
}

TEST_CASE_TEMPLATE("tables beyond 2^31 elements and 4 GiB, with indices of either width", Index, std::int32_t, std::int64_t) {
  constexpr std::size_t width = 64, rows = (std::size_t(1) << 25) + 11, stride = width + 1;
  static_assert(rows * width > std::size_t(1) << 31);
  const sparse<float> w(rows * stride), G(rows * stride), one_each(rows);
  if (w.data() == nullptr || G.data() == nullptr || one_each.data() == nullptr) {
    MESSAGE("left out: no address space for it here");
    return;
  }
  const std::vector<std::size_t> far{0,          1,        rows / 4, rows / 2, rows / 2 + 1, 33'038'210 /* 2^31 / stride */,
                                     33'038'211, rows - 2, rows - 1};
  for (const auto duplicates : {duplicate_rule::sum, duplicate_rule::sequential}) {
    check_far<float, Index>({w.data(), rows, width, stride}, {G.data(), rows, width, stride}, far, duplicates);
    check_far<float, Index>({w.data(), rows, width, stride}, {one_each.data(), rows, 1, 1}, far, duplicates);
  }
}

TEST_CASE("tables of more than 2^32 rows, weights and accumulators side by side") {
  constexpr std::size_t rows = (std::size_t(1) << 32) + 5;
  const sparse<float> memory(2 * rows);
  if (memory.data() == nullptr) {
    MESSAGE("left out: no address space for it here");
    return;
  }
  const std::vector<std::size_t> far{
      0, 5, (std::size_t(1) << 31) - 1, std::size_t(1) << 31, (std::size_t(1) << 32) - 1, std::size_t(1) << 32, rows - 1};
  const rows_view<float> table{memory.data(), rows, 1, 2}, accumulators{memory.data() + 1, rows, 1, 2};
  check_far<float, std::int64_t>(table, accumulators, far, duplicate_rule::sum);
  check_far<float, std::int64_t>(table, accumulators, far, duplicate_rule::mean);
  // No number of 32 bits is too large for this table, but those below 0 are no rows.
  std::vector<std::int32_t> ids{7, std::numeric_limits<std::int32_t>::max(), -1};
  const float g[] = {1, 1, 1};
  CHECK_THROWS_AS(update_rows(table, accumulators, row_gradients<float>{ids, {g, 3, 1}}, rate), std::invalid_argument);
  CHECK(table.data[2 * 7] == 0);
  ids.pop_back();
  CHECK_NOTHROW(update_rows(table, accumulators, row_gradients<float>{ids, {g, 2, 1}}, rate));
  CHECK(table.data[2 * 7] < 0);
}
