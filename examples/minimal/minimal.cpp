#include <adagrad/adagrad.hpp>
#include <cstdint>
#include <cstdio>
#include <vector>

int main() {  // finds the line y = 3 x - 1 from four of its points, by least squares
  std::vector<float> parameters(2), accumulators(2);
  for (std::uint64_t iterations = 0; iterations < 500; ++iterations) {
    std::vector<float> gradients(2);
    for (float x : {-1.0F, 0.0F, 1.0F, 2.0F}) {
      float error = parameters[0] * x + parameters[1] - (3 * x - 1);
      gradients[0] += error * x;
      gradients[1] += error;
    }
    adagrad::update(parameters, gradients, accumulators, adagrad::inverse_time(0.5, 1e-3, iterations));
  }
  std::printf("y = %.3f x + %.3f\n", parameters[0], parameters[1]);
}
