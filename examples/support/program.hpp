/// How every program here ends.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

#include "saved_training.hpp"

namespace example {

/// Runs the program `name`, tells on stderr what it throws, and returns its exit status; std::invalid_argument is a mistake on the command line.
template <class Run>
int exit_status(const char* name, Run run) {
  try {
    run();
    if (std::fflush(stdout) != 0) {
      throw std::runtime_error("the output could not be written: make room on the disk it goes to");
    }
    return EXIT_SUCCESS;
  } catch (const interrupted& how_to_go_on) {
    std::fprintf(stderr, "\n%s: %s\n", name, how_to_go_on.what());
    return 130;  // as a shell says it of Ctrl-C
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "%s: %s\nSee %s --help.\n", name, error.what(), name);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace example
