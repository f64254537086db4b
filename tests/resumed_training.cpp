// One process of a training that is stopped and gone on with in another: tests/resumed_training.py runs them and compares.
//
// usage: resumed_training isas                           prints the instruction sets of this machine
//        resumed_training whole  SEED THREADS END        trains to END, and writes all bits to the standard output
//        resumed_training save   SEED THREADS STOP FILE  trains to STOP, saves, and prints what there was to save
//        resumed_training resume SEED THREADS STOP END FILE  loads, goes on from STOP to END, and writes all bits to the standard output
#include <cstdio>
#include <iostream>
#include <stdexcept>

#include "adagrad/isa.hpp"
#include "support/checkpoints.hpp"
#include "support/features.hpp"
#include "support/trained_model.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

void train(trained_model& model, std::uint64_t from, std::uint64_t to) {
  model.set_calls(from);
  for (; from < to; ++from) model.step();
}

// What is in the arrays, in a file, and in the arrays once rows have paid.
void write_bits(trained_model& model) {
  std::cout << model.bytes() << saved(model.optimizer());
  model.optimizer().flush();
  std::cout << model.bytes();
}

void run(const std::vector<std::string>& words) {
  const auto number = [&](std::size_t i) { return std::stoull(words.at(i)); };
  const std::string& what = words.at(1);
  if (what == "isas") {
    for (const std::string_view name : available_instruction_sets()) std::cout << name << '\n';
    return;
  }
  trained_model model(number(2), what == "resume" ? other_memory : first_memory);
  model.optimizer().set_threading({.threads = static_cast<unsigned>(number(3)), .serial_below = 0});
  if (what == "whole") {
    train(model, 0, number(4));
    write_bits(model);
  } else if (what == "save") {
    train(model, 0, number(4));
    save(model.optimizer(), std::filesystem::path(words.at(5)));
    for (const std::string& each : features(model.optimizer())) std::cout << each << '\n';
  } else if (what == "resume") {
    load(model.optimizer(), std::filesystem::path(words.at(6)));
    train(model, number(4), number(5));
    write_bits(model);
  } else {
    throw std::invalid_argument("no such command: " + what);
  }
}

}  // namespace

int main(int count, char** words) {
  try {
    run({words, words + count});
    return std::cout.flush() ? 0 : 1;
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
  }
}
