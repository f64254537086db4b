// What must be in order before a step may write: accumulators allocated and filled, no overlaps, the list of tiles.
#include <algorithm>
#include <new>

#include "optimizer/for_each_piece.hpp"
#include "optimizer/state.hpp"
#include "parallel/region.hpp"
#include "validate/fail.hpp"

namespace adagrad {
namespace {

const char* text(array_role role) {
  switch (role) {
    case array_role::parameters: return "elements";
    case array_role::gradients: return "gradients";
    case array_role::accumulators: return "accumulators";
    case array_role::gradient_sums: return "gradient sums";
    case array_role::averages: return "averages";
    default: return "pending gradients";
  }
}

}  // namespace

void optimizer::state::prepare() {
  if (!written_current || !gradients_checked) check_overlaps();
  if (!all_filled) prepare_arrays();
  if (!tiles_current) list_tiles(listed::with_gradients);
  if (!norm_tiles_current) list_norm_tiles();
}

void optimizer::state::prepare_arrays() {
  if (all_filled) return;
  allocate_arrays();
  fill_arrays();
}

// One block for all that are missing.
void optimizer::state::allocate_arrays() {
  const bool accumulates = options.accumulation.calls > 1;
  std::size_t bytes = 0;
  bool too_many = false;
  const auto for_each_missing = [&](const auto& body) {
    for (std::size_t i = 0; i < parameters.size(); ++i)
      std::visit(
          [&]<class T>(dense::work<T>& w) {
            for_each_array(w, *parameters[i].options, accumulates, [&](T*& array, array_role role, bool needed) {
              if (needed && array == nullptr) body(i, w, array, role);
            });
          },
          parameters[i].work);
  };
  for_each_missing([&]<class T>(std::size_t, const dense::work<T>& w, T*, array_role) {
    too_many |= __builtin_add_overflow(bytes, arena::reserve(w.count * sizeof(T)), &bytes);
  });
  if (too_many) throw std::bad_alloc();
  if (bytes == 0) return;
  if (arenas.size() == arenas.capacity()) arenas.reserve(2 * arenas.size() + 1);
  arenas.emplace_back(bytes);
  for_each_missing([&]<class T>(std::size_t i, const dense::work<T>& w, T*& array, array_role role) {
    array = static_cast<T*>(arenas.back().take(w.count * sizeof(T), w.parameters));
    if (parameters[i].filled) std::fill_n(array, w.count, T(0));  // it came later than the others
    // Fresh memory overlaps nothing that is alive.
    if (written_current) written.insert(bytes_of(array, w.count, i, role));
  });
}

void optimizer::state::check_overlaps() {
  if (!written_current) {
    written.clear();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      parameters[i].gradients_checked = false;
      std::visit(
          [&]<class T>(dense::work<T>& w) {
            written.push(elements_of(parameters[i], i));
            for_each_array(w, *parameters[i].options, true,
                           [&](const T* array, array_role role, bool) { written.push(bytes_of(array, w.count, i, role)); });
            if (parameters[i].options->zero_gradients) written.push(gradients_of(parameters[i], i));
          },
          parameters[i].work);
    }
    if (const memory_range* second = written.sort()) fail_overlap(second[0], second[-1]);
    written_current = true;
    gradients_checked = false;
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].gradients_checked) continue;
    if (!parameters[i].options->zero_gradients)
      check_gradients(parameters[i], i);  // the others are among what is written, and were sorted with it
    parameters[i].gradients_checked = true;
  }
  gradients_checked = true;
}

void optimizer::state::check_gradients(const named_parameter& parameter, std::size_t index) const {
  for_each_read(parameter, index, [&](const memory_range& range) {
    if (const memory_range* other = written.find(range)) fail_overlap(range, *other);
  });
}

void optimizer::state::fail_overlap(const memory_range& a, const memory_range& b) const {
  const std::string& other = *parameters[b.parameter].name;
  const std::size_t apart = a.begin > b.begin ? a.begin - b.begin : b.begin - a.begin;
  validate::fail(parameters[a.parameter].name, std::string("its ") + text(a.role) + " overlap " +
                                                   (a.parameter == b.parameter ? "its own " : "those of \"" + other + "\", the ") +
                                                   text(b.role) + " (they begin " + std::to_string(apart) + " bytes apart and have " +
                                                   std::to_string(a.end - a.begin) + " and " + std::to_string(b.end - b.begin) +
                                                   " bytes): give every array its own memory");
}

void optimizer::state::list_tiles(listed which) noexcept {
  tiles.clear();
  for (const named_parameter& p : parameters)
    std::visit(
        [&]<class T>(const dense::work<T>& w) {
          tiles.append(which == listed::all || w.gradients != nullptr || p.gathered ? w.count : 0, sizeof(T), dense::tile_bytes);
        },
        p.work);
  tiles_current = which == listed::with_gradients;
}

// By the threads that will work on them when all parameters have gradients, so that each page lies near the processor that uses it.
void optimizer::state::fill_arrays() {
  struct fill {
    state& self;
    std::size_t parts;
    static void run_part(void* context, std::size_t index) {
      const fill& f = *static_cast<const fill*>(context);
      f.self.for_each_piece(f.self.tiles, index, f.parts, [](const named_parameter& p, std::size_t begin, std::size_t end) {
        if (p.filled) return;
        std::visit(
            [&]<class T>(const dense::work<T>& w) {
              for (T* const array : {w.gradient_sums, w.pending, w.averages})
                if (array != nullptr) std::fill(array + begin, array + end, T(0));
              std::fill(w.accumulators + begin, w.accumulators + end, static_cast<T>(p.options->initial_accumulator));
            },
            p.work);
      });
    }
  };
  list_tiles(listed::all);
  fill f{*this, parts(tiles, 5)};
  parallel::run(options.how, f.parts, fill::run_part, &f);
  for (named_parameter& p : parameters) {
    if (!p.filled) p.averaging = p.gathered = false;
    p.filled = true;
  }
  all_filled = true;
}

// The parameters whose gradients are looked at before anything is written, and room for what is found: for all of them, so that gradients
// which come later cost no allocation.
void optimizer::state::list_norm_tiles() {
  norm_tiles.reserve(parameters.size());
  first_sums.reserve(parameters.size());
  for (const listed which : {listed::all, listed::with_gradients}) {
    norm_tiles.clear();
    first_sums.clear();
    std::size_t sums = 0;
    for (const named_parameter& p : parameters)
      std::visit(
          [&]<class T>(const dense::work<T>& w) {
            const bool takes_part = p.table == nullptr && (which == listed::all ? looks_at_gradients(p) : is_inspected(p));
            first_sums.push_back(sums);
            sums += ((takes_part ? w.count : 0) + kernels::norm_tile - 1) / kernels::norm_tile;
            norm_tiles.append(takes_part ? w.count : 0, sizeof(T), kernels::norm_tile * sizeof(T));
          },
          p.work);
    if (which == listed::with_gradients || sums == 0) continue;
    tile_sums.resize(sums);
    findings.resize(parts(norm_tiles, 1));
  }
  norm_tiles_current = true;
}

unsigned optimizer::state::parts(const tile_list& of, std::size_t bytes_for_each) const noexcept {
  const std::size_t most = std::max<std::size_t>(1, of.tiles());
  return static_cast<unsigned>(std::min<std::size_t>(parallel::ways(options.how, bytes_for_each * of.bytes()), most));
}

}  // namespace adagrad
