#include "adagrad/version.hpp"

#define ADAGRAD_TEXT_(x) #x
#define ADAGRAD_TEXT(x) ADAGRAD_TEXT_(x)

namespace adagrad {

const char* version() noexcept {
  return ADAGRAD_TEXT(ADAGRAD_VERSION_MAJOR) "." ADAGRAD_TEXT(ADAGRAD_VERSION_MINOR) "." ADAGRAD_TEXT(ADAGRAD_VERSION_PATCH);
}

}  // namespace adagrad
