// Uses the library from outside: steps on two threads must have the reference's bits. Prints the library's version and what it runs.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include <adagrad/adagrad.hpp>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

int main() {
  const std::string headers = TEXT(ADAGRAD_VERSION_MAJOR) "." TEXT(ADAGRAD_VERSION_MINOR) "." TEXT(ADAGRAD_VERSION_PATCH);
  std::printf("adagrad %s, %s\n", adagrad::version(), std::string(adagrad::instruction_set()).c_str());
  if (adagrad::version() != headers) {
    std::printf("wrong: the headers are of version %s\n", headers.c_str());
    return 1;
  }

  constexpr std::size_t count = 3001;
  std::vector<float> gradients(count), parameters(count), accumulators(count);
  for (std::size_t i = 0; i < count; ++i) {
    gradients[i] = 0.001f * static_cast<float>(i) - 1.0f;
    parameters[i] = 1.0f / static_cast<float>(i + 1);
    accumulators[i] = 0.01f * static_cast<float>(i % 7);
  }
  auto expected = parameters, expected_accumulators = accumulators;
  adagrad::update(parameters, gradients, accumulators, 0.01, {}, {.threads = 2, .serial_below = 0});
  adagrad::reference::update(expected, gradients, expected_accumulators, 0.01);
  if (std::memcmp(parameters.data(), expected.data(), count * sizeof(float)) != 0 ||
      std::memcmp(accumulators.data(), expected_accumulators.data(), count * sizeof(float)) != 0) {
    std::printf("wrong: the update differs from the reference\n");
    return 1;
  }

  adagrad::optimizer optimizer({.learning_rate = [](std::uint64_t) { return 0.01; }, .how = {.threads = 2, .serial_below = 0}});
  optimizer.add("parameters", parameters, gradients);
  optimizer.set_accumulators("parameters", accumulators);
  optimizer.step();
  adagrad::reference::update(expected, gradients, expected_accumulators, 0.01);
  if (std::memcmp(parameters.data(), expected.data(), count * sizeof(float)) != 0 ||
      std::memcmp(optimizer.accumulators<float>("parameters").data(), expected_accumulators.data(), count * sizeof(float)) != 0) {
    std::printf("wrong: the optimizer differs from the reference\n");
    return 1;
  }
  try {
    optimizer.add("parameters", parameters, gradients);
    std::printf("wrong: a name was taken twice\n");
    return 1;
  } catch (const std::invalid_argument&) {  // crosses the border of a shared library
  }
}
