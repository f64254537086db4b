// The library inside a shared object, as a plug-in or a Python extension holds it.
#include "adagrad/adagrad.hpp"

extern "C" __attribute__((visibility("default"))) int adagrad_module_run() {
  float w[3] = {1, 2, 3}, g[3] = {1, 1, 1}, G[3] = {0, 0, 0};
  adagrad::update(w, g, G, 0.5);
  return w[0] == 0.5f && w[1] == 1.5f && w[2] == 2.5f && G[0] == 1 ? 0 : 1;
}
