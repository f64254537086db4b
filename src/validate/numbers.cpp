#include "validate/numbers.hpp"

#include <cmath>
#include <limits>

namespace adagrad::validate {
namespace {

template <class T>
constexpr const char* type_name = sizeof(T) == sizeof(float) ? "float" : "double";

}  // namespace

template <class T>
bool holds(double value) noexcept {
  return std::isinf(value) || std::abs(value) <= static_cast<double>(std::numeric_limits<T>::max());
}

template <class T>
T not_negative(const char* field, double value, const char* remedy, const std::string* parameter) {
  if (!std::isfinite(value) || value < 0)
    fail(parameter, std::string(field) + " is " + text(value) + "; it must be finite and at least 0: " + remedy);
  if (!holds<T>(value)) fail(parameter, std::string(field) + " is " + text(value) + ", which float cannot hold: " + remedy);
  return static_cast<T>(value);
}

template <class T>
T limit(const char* field, double value, const char* remedy, const std::string* parameter) {
  if (!(value > 0) || static_cast<T>(value) == 0)
    fail(parameter, std::string(field) + " is " + text(value) + "; it must be above 0, also when rounded: " + remedy);
  return bound<T>(field, value, parameter);
}

template <class T>
T bound(const char* field, double value, const std::string* parameter) {
  if (std::isnan(value)) fail(parameter, std::string(field) + " is nan: use an infinity for no bound");
  if (!holds<T>(value))
    fail(parameter, std::string(field) + " is " + text(value) +
                        ", which float cannot hold: use one of smaller magnitude, or an infinity for no bound");
  return static_cast<T>(value);
}

template <class T>
T fraction(const char* field, double value, const char* remedy, const std::string* parameter) {
  if (!(value >= 0 && value <= 1)) fail(parameter, std::string(field) + " is " + text(value) + "; it must be in [0, 1]: " + remedy);
  return static_cast<T>(value);
}

template <class T>
T learning_rate(double value) {
  return not_negative<T>("learning_rate", value, "check the schedule (a rate that Caffe2 or FBGEMM takes negative is positive here)");
}

template <class T>
T product(const char* what, double a, double b, const std::string* parameter) {
  const double exact = a * b;
  if (!std::isfinite(exact) || !holds<T>(exact))
    fail(parameter, std::string(what) + " is " + text(a) + " * " + text(b) + ", which " + type_name<T> + " cannot hold: use smaller ones");
  return static_cast<T>(exact);
}

#define ADAGRAD_FOR(T)                                                              \
  template bool holds<T>(double) noexcept;                                          \
  template T not_negative<T>(const char*, double, const char*, const std::string*); \
  template T limit<T>(const char*, double, const char*, const std::string*);        \
  template T bound<T>(const char*, double, const std::string*);                     \
  template T fraction<T>(const char*, double, const char*, const std::string*);     \
  template T learning_rate<T>(double);                                              \
  template T product<T>(const char*, double, double, const std::string*);
ADAGRAD_FOR(float)
ADAGRAD_FOR(double)
#undef ADAGRAD_FOR

}  // namespace adagrad::validate
