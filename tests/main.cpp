#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "doctest/doctest.h"

// What the sanitizers need to be told, read by their run-time libraries where they are there.
extern "C" {
__attribute__((visibility("default"), used)) const char* __tsan_default_options() {
  return "ignore_noninstrumented_modules=1";  // libomp's own locks; its archer tool tells of OpenMP's synchronisation
}
__attribute__((visibility("default"), used)) const char* __lsan_default_suppressions() {
  return "leak:libomp.so";  // what it keeps for the life of the process
}
}
