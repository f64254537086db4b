#include <adagrad/adagrad.hpp>
#include <cstdio>
#include <vector>

int main() {  // finds the line y = 3 x - 1 from four of its points, by least squares
  std::vector<float> line(2), gradients(2);
  adagrad::optimizer optimizer({.learning_rate = adagrad::inverse_time{.learning_rate = 0.5, .decay = 1e-3}});
  optimizer.add("line", line, gradients);
  for (int step = 0; step < 500; ++step) {
    gradients.assign(2, 0);
    for (float x : {-1.0F, 0.0F, 1.0F, 2.0F}) {
      float error = line[0] * x + line[1] - (3 * x - 1);
      gradients[0] += error * x;
      gradients[1] += error;
    }
    optimizer.step();
  }
  std::printf("y = %.3f x + %.3f\n", line[0], line[1]);
}
