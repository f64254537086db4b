/// Training that can be stopped and gone on with.
#pragma once

#include <adagrad/checkpoint.hpp>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "reference_optimizer.hpp"
#include "training_options.hpp"

namespace example {

/// Ctrl-C was pressed, and the training is saved: the message says how to go on.
class interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// From now on Ctrl-C only makes this true, once; the second one ends the program at once.
void notice_interrupts();
bool was_interrupted() noexcept;

/// What --save and --resume do around an optimizer that has all its parameters.
class saved_training {
 public:
  saved_training(const training_options& chosen, adagrad::optimizer& optimizer) : chosen_(chosen), optimizer_(&optimizer) {
    if (!chosen.resume.empty()) {
      steps_ = adagrad::load(optimizer, chosen.resume).iterations;
      std::printf("goes on after %llu steps, from %s\n", static_cast<unsigned long long>(steps_), chosen.resume.c_str());
    }
    if (!chosen.save.empty()) notice_interrupts();
  }
  /// The reference keeps no state that could be saved; read_options refuses to ask for it.
  saved_training(const training_options& chosen, reference_optimizer&) : chosen_(chosen) {}

  std::uint64_t steps() const noexcept { return steps_; }  ///< done by earlier runs

  /// After each step: whether it was the last.
  void after_step() {
    if (!was_interrupted() || optimizer_ == nullptr || chosen_.save.empty()) return;
    save();
    throw interrupted("interrupted and saved after " + std::to_string(optimizer_->iterations()) +
                      " steps; to go on, run the same command with --resume " + chosen_.save);
  }
  void after_epoch() {
    if (optimizer_ != nullptr && !chosen_.save.empty()) save();
  }

 private:
  void save() { adagrad::save(*optimizer_, chosen_.save); }

  const training_options& chosen_;
  adagrad::optimizer* optimizer_ = nullptr;
  std::uint64_t steps_ = 0;
};

}  // namespace example
