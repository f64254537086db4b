/// The optimizer that the command line asks for.
#pragma once

#include <adagrad/adagrad.hpp>
#include <stdexcept>
#include <string>

#include "reference_optimizer.hpp"
#include "training_options.hpp"

namespace example {

inline void choose_instruction_set(const training_options& chosen) {
  try {
    if (!chosen.isa.empty()) {
      adagrad::force_instruction_set(chosen.isa);
    }
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(std::string("--isa: ") + error.what());
  }
}

inline std::string optimizer_name(const training_options& chosen) {
  return chosen.reference ? "scalar reference" : "instruction set " + std::string(adagrad::instruction_set());
}

/// Returns what `train` returns, which is given adagrad::optimizer or, with --reference, reference_optimizer.
template <class Train>
auto with_optimizer(const training_options& chosen, const adagrad::schedule& learning_rate, Train train) {
  if (chosen.reference) {
    reference_optimizer optimizer(learning_rate);
    return train(optimizer);
  }
  adagrad::optimizer_options settings{.learning_rate = learning_rate};
  if (chosen.threads) {
    settings.how = {.threads = *chosen.threads,
                    .serial_below = 0};  // who asks for threads shall have them, however small the model or the batch
  }
  adagrad::optimizer optimizer(settings);
  return train(optimizer);
}

}  // namespace example
