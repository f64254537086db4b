// A caller's executor that starts threads of its own for each call and hands out the tasks from last to first.
#pragma once

#include <cstddef>
#include <thread>
#include <vector>

#include "adagrad/parallel.hpp"

namespace adagrad::test {

inline void run_backwards(void* calls, std::size_t tasks, void (*task)(void*, std::size_t), void* context) {
  ++*static_cast<int*>(calls);
  std::vector<std::thread> threads;
  for (std::size_t i = tasks; i-- > 0;) threads.emplace_back(task, context, i);
  for (auto& thread : threads) thread.join();
}

}  // namespace adagrad::test
