#include "training_options.hpp"

#include <stdexcept>
#include <utility>

namespace example {

void read_options(int argc, char** argv, const char* help, training_options& chosen, std::vector<arguments::argument> own) {
  using namespace arguments;
  std::vector<argument> known = std::move(own);
  known.push_back({"epochs", [&](const char* text) { chosen.epochs = read_count("epochs", text, 100'000); }});
  known.push_back({"batch", [&](const char* text) { chosen.batch = read_count("batch", text, 100'000); }});
  known.push_back({"learning-rate", [&](const char* text) { chosen.learning_rate = read_rate("learning-rate", text); }});
  known.push_back({"seed", [&](const char* text) { chosen.seed = read_seed("seed", text); }});
  known.push_back({"threads", [&](const char* text) { chosen.threads = read_count("threads", text, 4096); }});
  known.push_back({"isa", [&](const char* text) { chosen.isa = text; }});
  known.push_back({"reference", [&](const char*) { chosen.reference = true; }, false});
  known.push_back({"save", [&](const char* text) { chosen.save = text; }});
  known.push_back({"resume", [&](const char* text) { chosen.resume = text; }});
  read(argc, argv, help, known);
  if (chosen.reference && (chosen.threads || !chosen.isa.empty())) {
    throw std::invalid_argument("--reference is scalar and has one thread: leave out --isa and --threads");
  }
  if (chosen.reference && !(chosen.save.empty() && chosen.resume.empty())) {
    throw std::invalid_argument("--reference has no state that could be saved: leave out --save and --resume");
  }
}

}  // namespace example
