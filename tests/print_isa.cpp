// Prints the instruction set that a program gets, or the error that ADAGRAD_ISA earns it.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "adagrad/isa.hpp"
#include "adagrad/update.hpp"

int main() {
  float w[1] = {1}, g[1] = {1}, G[1] = {0};
  try {
    adagrad::update(w, g, G, 0.1);
    std::printf("runs %s\n", adagrad::instruction_set().data());
  } catch (const std::exception& error) {
    const char* wish = std::getenv("ADAGRAD_ISA");
    for (const auto name : adagrad::available_instruction_sets())
      if (wish != nullptr && name == wish) std::printf("WRONG: an available instruction set is refused: ");
    std::printf("%s (w is still %g, G %g)\n", error.what(), static_cast<double>(w[0]), static_cast<double>(G[0]));
    return 1;
  }
}
