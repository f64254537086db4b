// Uses the library of checkpoints from outside: what is saved to the file that is named, and loaded, goes on as if it had never stopped.
#include <cstddef>
#include <cstdio>
#include <vector>

#include <adagrad/adagrad.hpp>
#include <adagrad/checkpoint.hpp>

int main(int count, char** arguments) {
  if (count != 2) return 2;
  constexpr std::size_t size = 1000;
  const std::vector<float> gradients(size, 0.5F);
  std::vector<float> first(size, 1.0F), second(size);
  adagrad::optimizer whole({.learning_rate = adagrad::inverse_time{.learning_rate = 0.1, .decay = 0.5}});
  adagrad::optimizer later({.learning_rate = adagrad::inverse_time{.learning_rate = 0.1, .decay = 0.5}});
  whole.add("parameters", first, gradients);
  later.add("parameters", second, gradients);
  for (int step = 0; step < 3; ++step) whole.step();
  adagrad::save(whole, arguments[1]);
  if (adagrad::load(later, arguments[1]).iterations != 3) return std::puts("wrong: the counter was not loaded"), 1;
  whole.step();
  later.step();
  if (first != second) return std::puts("wrong: training does not go on with the same bits"), 1;
  try {
    adagrad::load(later, "/nowhere/at/all");
    return std::puts("wrong: a file that is not there was loaded"), 1;
  } catch (const adagrad::checkpoint_error& refusal) {  // crosses the border of a shared library
    std::puts(refusal.what());
  }
}
