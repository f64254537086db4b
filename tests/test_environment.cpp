// The floating-point environment and the processor's upper vector halves are as before after every call and after loading the library.
#include <dlfcn.h>

#include <cfenv>

#include "support/rules.hpp"
#include "support/values.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

using namespace adagrad;
using namespace adagrad::test;

namespace {

// Rounding, flush-to-zero, denormals-are-zero and exception masks; sticky flags may be raised.
std::uint64_t control_bits() {
#if defined(__x86_64__)
  std::uint16_t x87 = 0;
  asm volatile("fnstcw %0" : "=m"(x87));
  return (_mm_getcsr() & ~0x3Fu) | (std::uint64_t(x87) << 32);
#else
  std::uint64_t fpcr = 0;
  asm volatile("mrs %0, fpcr" : "=r"(fpcr));
  return fpcr;
#endif
}

void set_flush_to_zero(bool on) {
#if defined(__x86_64__)
  _mm_setcsr(on ? _mm_getcsr() | 0x8040u : _mm_getcsr() & ~0x8040u);
#else
  std::uint64_t fpcr = control_bits();
  fpcr = on ? fpcr | (1u << 24) : fpcr & ~(std::uint64_t(1) << 24);
  asm volatile("msr fpcr, %0" : : "r"(fpcr));
#endif
}

template <class T>
void run_everything() {
  for_each_isa([&](const std::string&) {
    for (const auto mode : {arithmetic::exact, arithmetic::fast})
      for (const auto& options : all_rules(mode))
        for (const std::size_t n : {std::size_t(3), std::size_t(5000)}) {
          auto data = mixed_arrays<T>(n, 67);
          const auto before = control_bits();
          update(data.parameters, data.gradients, data.accumulators, 0.01, options, {.threads = 2, .serial_below = 0});
          CHECK(control_bits() == before);
        }
  });
}

}  // namespace

TEST_CASE_TEMPLATE("control bits are unchanged after every call, whatever they were", T, float, double) {
  run_everything<T>();
  std::fesetround(FE_UPWARD);
  run_everything<T>();
  CHECK(std::fegetround() == FE_UPWARD);
  std::fesetround(FE_TONEAREST);
  set_flush_to_zero(true);
  const auto flushing = control_bits();
  run_everything<T>();
  CHECK(control_bits() == flushing);
  set_flush_to_zero(false);
}

#if defined(ADAGRAD_MODULE)
TEST_CASE("loading and unloading the library as a shared object leaves the control bits alone, subnormals included") {
  const auto before = control_bits();
  void* module = dlopen(ADAGRAD_MODULE, RTLD_NOW | RTLD_LOCAL);
  INFO("dlopen: " << (module ? "fine" : dlerror()));
  REQUIRE(module != nullptr);
  CHECK(control_bits() == before);
  volatile double tiny = std::numeric_limits<double>::min();
  tiny = tiny / 4;
  CHECK(tiny > 0);
  auto* run = reinterpret_cast<int (*)()>(dlsym(module, "adagrad_module_run"));
  REQUIRE(bool(run != nullptr));
  CHECK(run() == 0);
  CHECK(control_bits() == before);
  // Not unloaded: OpenMP's threads live on in it.
}
#else
TEST_CASE("loading the library as a shared object") { MESSAGE("left out in this build: see tests/CMakeLists.txt"); }
#endif

#if defined(__x86_64__)
namespace {

// XINUSE (XGETBV with 1): which parts of the register file are not in their initial state. Bit 2: upper halves of ymm; 5 to 7: AVX-512.
[[gnu::target("xsave")]] std::uint64_t states_in_use() { return _xgetbv(1); }

// That the test below can fail.
[[gnu::target("avx,xsave")]] bool dirty_is_seen() {
  std::uint64_t in_use = 0;
  asm volatile("vcmptrueps %%ymm7, %%ymm7, %%ymm7" : : : "xmm7");
  in_use = states_in_use();
  asm volatile("vzeroupper" : : : "memory");
  return (in_use & 4) != 0;
}

bool has_xinuse() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return false;
  return __get_cpuid_count(13, 1, &a, &b, &c, &d) && (a & 4);
}

}  // namespace

// Dirty upper halves make every later legacy-SSE instruction slow (about 170 ns for a switch were seen).
TEST_CASE_TEMPLATE("no kernel leaves upper vector halves dirty", T, float, double) {
  if (!has_xinuse()) {
    MESSAGE("this processor or emulator does not tell which registers are in use: looked at by gate_upper_halves only");
    return;
  }
  if (__builtin_cpu_supports("avx")) {
    CHECK(dirty_is_seen());
  }
  for_each_isa([&](const std::string&) {
    for (const auto mode : {arithmetic::exact, arithmetic::fast})
      for (const auto& options : all_rules(mode))
        for (const std::size_t n : {std::size_t(1), std::size_t(16), std::size_t(1000)}) {
          auto data = mixed_arrays<T>(n, 71);
          update(data.parameters, data.gradients, data.accumulators, 0.01, options, {.threads = 1});
          CHECK((states_in_use() & 4) == 0);
        }
  });
}
#endif
