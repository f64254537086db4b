// Refuses numbers and choices, with the field, its value and the remedy in the message. `parameter` names the optimizer's parameter
// that is meant, null for none.
#pragma once

#include <string>

#include "validate/fail.hpp"

namespace adagrad::validate {

// Whether a T can hold it: a finite double may be beyond a float's range.
template <class T>
bool holds(double value) noexcept;

// A field that is finite and at least 0, and stays finite when rounded to T.
template <class T>
T not_negative(const char* field, double value, const char* remedy, const std::string* parameter = nullptr);

// A limit: above 0, also when rounded to T, infinite for none.
template <class T>
T limit(const char* field, double value, const char* remedy, const std::string* parameter = nullptr);

// A bound of either sign, infinite for none; not NaN.
template <class T>
T bound(const char* field, double value, const std::string* parameter = nullptr);

// A field in [0, 1].
template <class T>
T fraction(const char* field, double value, const char* remedy, const std::string* parameter = nullptr);

// The rate of a step, rounded to T.
template <class T>
T learning_rate(double value);

// a * b rounded to T; refuses a product that T cannot hold. `what` are the names of the two.
template <class T>
T product(const char* what, double a, double b, const std::string* parameter = nullptr);

template <class Choice>
void known_choice(const char* field, Choice value, Choice last, const char* remedy, const std::string* parameter = nullptr) {
  if (value <= last) return;
  fail(parameter, std::string(field) + " is " + std::to_string(static_cast<unsigned>(value)) + ", which is none of its values: " + remedy);
}

}  // namespace adagrad::validate
