// usage: fuzz_seeds FOLDER
// Makes the folder anew, with FOLDER/seeds, files for the fuzzer of checkpoints to begin with, and FOLDER/found/FUZZER, empty, for what each fuzzer finds.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "fuzz/model.hpp"

using namespace adagrad;

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: fuzz_seeds FOLDER\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = arguments[1], seeds = folder / "seeds";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(seeds);
  for (const char* const fuzzer : {"fuzz_header", "fuzz_checkpoint"}) std::filesystem::create_directories(folder / "found" / fuzzer);
  for (unsigned seed = 0; seed < 128; ++seed) {
    const unsigned bits = seed % 64;
    const auto of = static_cast<fuzz::kind>(bits % fuzz::kinds);
    // The two kinds of arrays load the files of each other, too, with the options that these bring.
    const bool crossed = seed >= 64, plain = of == fuzz::kind::plain_arrays;
    if (crossed && of != fuzz::kind::arrays && !plain) continue;
    fuzz::model model(!crossed ? of : plain ? fuzz::kind::arrays : fuzz::kind::plain_arrays, bits / 32 != 0);
    model.steps(5);
    std::ofstream file(seeds / std::to_string(seed), std::ios::binary);
    file << static_cast<char>(static_cast<unsigned char>(0xc0 | bits)) << model.saved();
    if (!file.flush()) {
      std::fprintf(stderr, "fuzz_seeds: cannot write into %s\n", seeds.c_str());
      return 1;
    }
  }
}
