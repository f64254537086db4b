// A step: one parallel region over the list of tiles.
#include <limits>
#include <stdexcept>

#include "dispatch/registry.hpp"
#include "optimizer/for_each_piece.hpp"
#include "optimizer/state.hpp"
#include "parallel/region.hpp"
#include "validate/dense.hpp"
#include "validate/fail.hpp"

namespace adagrad {
namespace {

template <class T>
void check_rate(double rate, double largest_decay, std::uint64_t iteration) {
  try {
    validate::learning_rate<T>(rate);
    validate::shrink<T>(rate, largest_decay);
  } catch (const std::invalid_argument& refusal) {
    throw std::invalid_argument(std::string(refusal.what()) + " (at iteration " + std::to_string(iteration) + ")");
  }
}

}  // namespace

double optimizer::state::checked_rate() const {
  struct question {
    bool& asking;
    explicit question(bool& flag) : asking(flag) { asking = true; }
    ~question() { asking = false; }
  };
  double rate = 0;
  {
    const question open(asking);
    rate = learning_rate(iterations);
  }
  check_rate<double>(rate, largest_double_decay, iterations);
  if (floats > 0) check_rate<float>(rate, largest_float_decay, iterations);
  return rate;
}

// What the parts of a step share.
struct optimizer::state::region {
  const state& self;
  const kernels::table& kernels;
  double rate;
  std::size_t parts, resident_bytes;

  static void run_part(void* context, std::size_t index) {
    const region& r = *static_cast<const region*>(context);
    r.self.for_each_piece(index, r.parts, [&](const named_parameter& p, std::size_t begin, std::size_t end) {
      std::visit(
          [&]<class T>(dense::work<T> work) {
            work.set_rate(r.rate);
            work.step.resident_bytes = r.resident_bytes;
            dense::sweep(r.kernels, work, begin, end);
          },
          p.work);
    });
  }
};

step_report optimizer::state::step() {
  const std::uint64_t iteration = iterations;
  if (iteration == std::numeric_limits<std::uint64_t>::max())
    validate::fail(nullptr, "iterations is 18446744073709551615, the last that 64 bits hold: set_iterations to a smaller number");
  const kernels::table& kernels = dispatch::active();
  prepare();
  const double rate = checked_rate();
  region r{*this, kernels, rate, parts(), 0};
  r.resident_bytes = 3 * tiles.bytes() / r.parts;
  const unsigned threads = parallel::run(how, r.parts, region::run_part, &r);
  ++iterations;
  return {rate, iteration, threads};
}

}  // namespace adagrad
