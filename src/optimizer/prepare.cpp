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
    default: return "accumulators";
  }
}

}  // namespace

void optimizer::state::prepare() {
  if (!written_current || !gradients_checked) check_overlaps();
  if (!all_filled) prepare_accumulators();
  if (!tiles_current) list_tiles(listed::with_gradients);
}

void optimizer::state::prepare_accumulators() {
  if (all_filled) return;
  allocate_accumulators();
  fill_accumulators();
}

// One block for all that have none yet.
void optimizer::state::allocate_accumulators() {
  std::size_t bytes = 0;
  bool too_many = false;
  for (const named_parameter& p : parameters)
    std::visit(
        [&]<class T>(const dense::work<T>& w) {
          if (w.accumulators == nullptr) too_many |= __builtin_add_overflow(bytes, arena::reserve(w.count * sizeof(T)), &bytes);
        },
        p.work);
  if (too_many) throw std::bad_alloc();
  if (bytes == 0) return;
  if (arenas.size() == arenas.capacity()) arenas.reserve(2 * arenas.size() + 1);
  arenas.emplace_back(bytes);
  for (std::size_t i = 0; i < parameters.size(); ++i)
    std::visit(
        [&]<class T>(dense::work<T>& w) {
          if (w.accumulators != nullptr) return;
          w.accumulators = static_cast<T*>(arenas.back().take(w.count * sizeof(T), w.parameters));
          // Fresh memory overlaps nothing that is alive.
          if (written_current) written.insert(bytes_of(w.accumulators, w.count, i, array_role::accumulators));
        },
        parameters[i].work);
}

void optimizer::state::check_overlaps() {
  if (!written_current) {
    written.clear();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      parameters[i].gradients_checked = false;
      std::visit(
          [&](const auto& w) {
            written.push(bytes_of(w.parameters, w.count, i, array_role::parameters));
            written.push(bytes_of(w.accumulators, w.count, i, array_role::accumulators));
          },
          parameters[i].work);
    }
    if (const memory_range* second = written.sort()) fail_overlap(second[0], second[-1]);
    written_current = true;
    gradients_checked = false;
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].gradients_checked) continue;
    check_gradients(parameters[i], i);
    parameters[i].gradients_checked = true;
  }
  gradients_checked = true;
}

void optimizer::state::check_gradients(const named_parameter& parameter, std::size_t index) const {
  const memory_range range = gradients_of(parameter, index);
  if (const memory_range* other = written.find(range)) fail_overlap(range, *other);
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
          tiles.append(which == listed::all || w.gradients != nullptr ? w.count : 0, sizeof(T), dense::tile_bytes);
        },
        p.work);
  tiles_current = which == listed::with_gradients;
}

// By the threads that will work on them when all parameters have gradients, so that each page lies near the processor that uses it.
void optimizer::state::fill_accumulators() {
  struct fill {
    state& self;
    std::size_t parts;
    static void run_part(void* context, std::size_t index) {
      const fill& f = *static_cast<const fill*>(context);
      f.self.for_each_piece(index, f.parts, [](const named_parameter& p, std::size_t begin, std::size_t end) {
        if (p.filled) return;
        std::visit(
            [&]<class T>(const dense::work<T>& w) {
              std::fill(w.accumulators + begin, w.accumulators + end, static_cast<T>(p.initial_accumulator));
            },
            p.work);
      });
    }
  };
  list_tiles(listed::all);
  fill f{*this, parts()};
  parallel::run(how, f.parts, fill::run_part, &f);
  for (named_parameter& p : parameters) p.filled = true;
  all_filled = true;
}

unsigned optimizer::state::parts() const noexcept {
  const std::size_t most = std::max<std::size_t>(1, tiles.tiles());
  return static_cast<unsigned>(std::min<std::size_t>(parallel::ways(how, 5 * tiles.bytes()), most));
}

}  // namespace adagrad
