/// The loop around a trainer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "progress.hpp"
#include "random.hpp"
#include "saved_training.hpp"
#include "softmax.hpp"
#include "stopwatch.hpp"
#include "training_options.hpp"

namespace example {

struct epoch_report {
  double loss = 0;  ///< mean over the examples, each before the step that learns from it
  quality test{};   ///< after it
  double seconds = 0;
  double optimizer_seconds = 0;
  std::uint64_t steps = 0;
  unsigned threads = 1;  ///< the most that a step had

  double optimizer_percent() const noexcept { return 100 * optimizer_seconds / seconds; }
};

/// One pass over the examples that `order` lists, `batch_size` in a step; the last step takes what is left.
template <class Trainer>
epoch_report train_epoch(Trainer& trainer, std::span<const std::uint32_t> order, std::size_t batch_size, saved_training& saved,
                         progress& shown) {
  const stopwatch time;
  epoch_report report;
  for (std::size_t begin = 0; begin < order.size(); begin += batch_size) {
    const auto batch = order.subspan(begin, std::min(batch_size, order.size() - begin));
    report.loss += trainer.gradient(batch);
    const stopwatch step_time;
    report.threads = std::max(report.threads, trainer.step().threads);
    report.optimizer_seconds += step_time.seconds();
    ++report.steps;
    shown.advance(batch.size());
    saved.after_step();
  }
  report.loss /= static_cast<double>(order.size());
  report.seconds = time.seconds();
  return report;
}

/// All epochs over the examples 0, ..., count - 1, in another order each time. `show(epoch, report)` prints a line for each; `items` is what the
/// examples are called. Steps that earlier runs did are left out, with the same shuffles. Returns the sums of this run, without loss, and the last test.
template <class Trainer, class Show>
epoch_report train(const training_options& chosen, Trainer& trainer, saved_training saved, std::size_t count, const char* items,
                   splitmix64& random, Show show) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  progress shown(chosen.epochs, order.size(), items);
  epoch_report total;
  const std::uint64_t steps = (count + chosen.batch - 1) / chosen.batch;  // of an epoch
  if (saved.steps() >= chosen.epochs * steps) {
    throw std::invalid_argument("--resume: all " + std::to_string(chosen.epochs) + " epochs are done: ask for more with --epochs");
  }
  for (unsigned epoch = 1; epoch <= chosen.epochs; ++epoch) {
    shuffle(order, random);
    const std::uint64_t before = (epoch - 1) * steps, done = std::min(steps, saved.steps() > before ? saved.steps() - before : 0);
    const std::size_t skipped = std::min<std::size_t>(count, done * chosen.batch);
    shown.advance(skipped);
    if (done == steps) {
      continue;
    }
    epoch_report report = train_epoch(trainer, std::span<const std::uint32_t>(order).subspan(skipped), chosen.batch, saved, shown);
    saved.after_epoch();
    total.test = report.test = trainer.evaluate();
    total.seconds += report.seconds;
    total.optimizer_seconds += report.optimizer_seconds;
    total.steps += report.steps;
    total.threads = std::max(total.threads, report.threads);
    shown.clear();
    show(epoch, report);
    std::fflush(stdout);
  }
  return total;
}

}  // namespace example
