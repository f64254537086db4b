// What the schedules compute: Keras 3's recorded values (tests/conformance/generate_schedules.py), formulas by hand, the ends of the range.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>

#include "doctest/doctest.h"
#include "support/bits.hpp"
#include "support/schedules.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

// Reads the recorded options into the fields of the same names; those that were not given keep our defaults.
struct fields {
  const nlohmann::json& options;
  std::size_t used = 0;

  template <class T>
  fields& operator()(const char* name, T& field) {
    if (options.contains(name)) {
      field = options.at(name).get<T>();
      ++used;
    }
    return *this;
  }
  fields& operator()(const char* name, std::optional<double>& field) {
    if (options.contains(name)) (*this)(name, field.emplace());
    return *this;
  }
};

schedule recorded_schedule(const std::string& kind, const nlohmann::json& options) {
  fields read{options};
  const auto complete = [&](auto rule) {
    REQUIRE(read.used == options.size());
    return schedule(std::move(rule));
  };
  if (kind == "inverse_time_decay" || kind == "exponential_decay") {
    inverse_time_decay s;
    read("initial_learning_rate", s.initial_learning_rate)("decay_steps", s.decay_steps)("decay_rate", s.decay_rate)("staircase",
                                                                                                                     s.staircase);
    if (kind == "inverse_time_decay") return complete(s);
    return complete(exponential_decay{s.initial_learning_rate, s.decay_steps, s.decay_rate, s.staircase});
  }
  if (kind == "piecewise_constant_decay") {
    piecewise_constant_decay s;
    read("boundaries", s.boundaries)("values", s.values);
    return complete(s);
  }
  if (kind == "polynomial_decay") {
    polynomial_decay s;
    read("initial_learning_rate", s.initial_learning_rate)("decay_steps", s.decay_steps)("end_learning_rate", s.end_learning_rate);
    read("power", s.power)("cycle", s.cycle);
    return complete(s);
  }
  if (kind == "cosine_decay") {
    cosine_decay s;
    read("initial_learning_rate", s.initial_learning_rate)("decay_steps", s.decay_steps)("alpha", s.alpha);
    read("warmup_target", s.warmup_target)("warmup_steps", s.warmup_steps);
    return complete(s);
  }
  REQUIRE(kind == "cosine_decay_restarts");
  cosine_decay_restarts s;
  read("initial_learning_rate", s.initial_learning_rate)("first_decay_steps", s.first_decay_steps)("t_mul", s.t_mul);
  read("m_mul", s.m_mul)("alpha", s.alpha);
  return complete(s);
}

double ulp(double x) { return std::nextafter(x, 2 * x) - x; }

// Which of two periods an iteration belongs to may hang on the last bit of the C library's log: there the end of the one and the
// beginning of the other are both right.
bool either_side_of_a_restart(const cosine_decay_restarts& s, std::uint64_t it, double value) {
  if (s.t_mul == 1) return false;
  const double periods = std::log(1 - static_cast<double>(it) / s.first_decay_steps * (1 - s.t_mul)) / std::log(s.t_mul);
  const double nearest = std::round(periods), tolerance = 2 * ulp(s.initial_learning_rate);
  if (std::abs(periods - nearest) > 1e-12) return false;
  const double end = s.initial_learning_rate * s.alpha;
  const double begin = s.initial_learning_rate * ((1 - s.alpha) * std::pow(s.m_mul, nearest) + s.alpha);
  return std::abs(value - end) <= tolerance || std::abs(value - begin) <= tolerance;
}

// + - * / and comparisons only.
bool exact_arithmetic(const schedule& s, std::uint64_t it) {
  if (const auto* polynomial = std::get_if<polynomial_decay>(&s.rule())) return polynomial->power == 1;
  if (const auto* cosine = std::get_if<cosine_decay>(&s.rule())) return static_cast<double>(it) < cosine->warmup_steps;
  return std::holds_alternative<inverse_time_decay>(s.rule()) || std::holds_alternative<piecewise_constant_decay>(s.rule());
}

}  // namespace

TEST_CASE("Keras 3's values: the same bits where only + - * / are used, else within 2 ulp; the cosines within 2 ulp of the highest rate") {
  std::ifstream file(ADAGRAD_TEST_DATA "/schedules.json");
  const auto recorded = nlohmann::json::parse(file);
  REQUIRE(recorded.at("values_dtype") == "float64");
  struct found {
    std::size_t options = 0, values = 0, same_bits = 0, beside_restarts = 0;
    double furthest = 0;
  };
  std::map<std::string, found> of_kind;
  for (const auto& entry : recorded.at("schedules")) {
    const auto& iterations = entry.at("iterations");
    const auto& values = entry.at("values");
    const schedule ours = recorded_schedule(entry.at("kind"), entry.at("options"));
    REQUIRE(iterations.size() == values.size());
    REQUIRE(values.size() >= 60);
    found& kind = of_kind[entry.at("kind")];
    ++kind.options;
    const bool cosine = std::holds_alternative<cosine_decay>(ours.rule()) || std::holds_alternative<cosine_decay_restarts>(ours.rule());
    const double highest = *std::max_element(values.begin(), values.end());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto it = iterations[i].get<std::uint64_t>();
      const double expected = values[i], actual = ours(it);
      ++kind.values;
      if (same(actual, expected)) {
        ++kind.same_bits;
        continue;
      }
      INFO(entry.at("kind") << " " << entry.at("options") << " at " << it << ": " << actual << " in place of " << expected);
      CHECK_FALSE(exact_arithmetic(ours, it));
      const auto* restarts = std::get_if<cosine_decay_restarts>(&ours.rule());
      if (restarts != nullptr && either_side_of_a_restart(*restarts, it, actual)) {
        ++kind.beside_restarts;
        continue;
      }
      const double distance = cosine ? std::abs(actual - expected) / ulp(highest) : static_cast<double>(ulps_between(actual, expected));
      CHECK(distance <= 2);
      kind.furthest = std::max(kind.furthest, distance);
    }
  }
  CHECK(of_kind.size() == 6);
  for (const auto& [name, kind] : of_kind) {
    CHECK(kind.options >= 20);
    CHECK(kind.beside_restarts < kind.values / 10);
    MESSAGE(name << ": " << kind.options << " sets of options, " << kind.values << " values, " << kind.same_bits
                 << " with the same bits, furthest " << kind.furthest << " ulp, on the other side of a restart " << kind.beside_restarts);
  }
}

TEST_CASE("the formulas by hand") {
  CHECK(inverse_time{1, 0.5}(2) == 0.5);
  CHECK(inverse_time_decay{.initial_learning_rate = 0.5, .decay_steps = 4, .decay_rate = 0.5}(2) == 0.5 / 1.25);
  CHECK(inverse_time_decay{.initial_learning_rate = 0.5, .decay_steps = 4, .decay_rate = 0.5, .staircase = true}(11) == 0.25);
  CHECK(exponential_decay{.initial_learning_rate = 0.5, .decay_steps = 4, .decay_rate = 0.25}(2) == 0.25);
  CHECK(exponential_decay{.initial_learning_rate = 0.5, .decay_steps = 4, .decay_rate = 0.25, .staircase = true}(3) == 0.5);
  CHECK(exponential_decay{.initial_learning_rate = 0.5, .decay_steps = 4, .decay_rate = 0}(0) == 0.5);
  CHECK(exponential_decay{.initial_learning_rate = 0.5, .decay_steps = 4, .decay_rate = 0}(1) == 0);
  const piecewise_constant_decay pieces{.boundaries = {2, 5}, .values = {1, 0.5, 0.25}};
  for (const auto& [it, value] : std::map<std::uint64_t, double>{{0, 1}, {2, 1}, {3, 0.5}, {5, 0.5}, {6, 0.25}, {~0ull, 0.25}})
    CHECK(pieces(it) == value);
  CHECK(piecewise_constant_decay{.values = {0.5}}(7) == 0.5);
  const polynomial_decay line{.initial_learning_rate = 1, .decay_steps = 8, .end_learning_rate = 0.5};
  CHECK(line(2) == 0.875);
  CHECK(line(8) == 0.5);
  CHECK(line(9) == 0.5);
  CHECK(polynomial_decay{.initial_learning_rate = 1, .decay_steps = 8}(8) == 0.0001);
  CHECK(polynomial_decay{.initial_learning_rate = 1, .decay_steps = 8, .end_learning_rate = 0, .power = 2}(4) == 0.25);
  const polynomial_decay cycles{.initial_learning_rate = 1, .decay_steps = 8, .end_learning_rate = 0, .cycle = true};
  CHECK(cycles(8) == 0);
  CHECK(cycles(12) == 0.25);
  // 32.3 * ceil(83334 / 32.3) is less than 83334 in double: Keras gives NaN, and with power 1 a rate below 0.
  for (const double power : {0.5, 1.0}) {
    const polynomial_decay rounded{.initial_learning_rate = 1, .decay_steps = 32.3, .end_learning_rate = 0, .power = power, .cycle = true};
    CHECK(rounded(83'334) == 0);
  }
  const cosine_decay cosine{.initial_learning_rate = 1, .decay_steps = 8, .alpha = 0.5};
  CHECK(cosine(0) == 1);
  CHECK(cosine(4) == doctest::Approx(0.75).epsilon(1e-15));
  CHECK(cosine(100) == 0.5);
  const cosine_decay warm{.initial_learning_rate = 0.25, .decay_steps = 8, .warmup_target = 1, .warmup_steps = 4};
  CHECK(warm(0) == 0.25);
  CHECK(warm(2) == 0.625);
  CHECK(warm(4) == 1);
  CHECK(warm(8) == doctest::Approx(0.5).epsilon(1e-15));
  CHECK(warm(12) == 0);
  const cosine_decay_restarts restarts{.initial_learning_rate = 1, .first_decay_steps = 4, .m_mul = 0.5};  // periods from 0, 4, 12, 28
  CHECK(restarts(2) == doctest::Approx(0.5).epsilon(1e-15));
  CHECK(restarts(4) == 0.5);
  CHECK(restarts(8) == doctest::Approx(0.25).epsilon(1e-15));
  CHECK(restarts(12) == 0.25);
  CHECK(restarts(28) == 0.125);
  const cosine_decay_restarts even{.initial_learning_rate = 1, .first_decay_steps = 4, .t_mul = 1, .m_mul = 0.5};
  CHECK(even(8) == 0.25);
}

TEST_CASE("inverse_time: Keras 1's product and PyTorch's quotient, which differ in a good part of all cases") {
  const double lr = 0.1, decay = 1e-3;
  const inverse_time keras1{lr, decay}, torch{lr, decay, inverse_time_form::quotient};
  int differ = 0;
  for (std::uint64_t it = 0; it < 10'000; ++it) {
    const double step = static_cast<double>(it + 1);  // PyTorch counts the step before it computes the rate
    REQUIRE(same(torch(it), lr / (1 + (step - 1) * decay)));
    REQUIRE(same(keras1(it), lr * (1. / (1. + decay * static_cast<double>(it)))));
    REQUIRE(same(torch(it), inverse_time_decay{lr, 1, decay}(it)));
    REQUIRE(ulps_between(keras1(it), torch(it)) <= 1);
    differ += keras1(it) != torch(it);
  }
  MESSAGE("product and quotient differ at " << differ << " of 10000 iterations");
  CHECK(differ > 1000);
  CHECK(differ < 5000);
}

TEST_CASE("no kind gives NaN or a negative rate, whatever its fields and however far it goes, 2^64 - 1 included") {
  const std::uint64_t far[] = {
      0, 1, 2, 3, 5, 30, 31, 1000, 123'457, (1ull << 24) + 1, (1ull << 32) + 1, (1ull << 53) + 1, 1ull << 63, ~0ull - 1, ~0ull};
  const double rates[] = {0, 5e-324, 0.1, 0.3, 1e300}, lengths[] = {5e-324, 1e-290, 0.1, 0.3, 1, 3.3, 1000, 1e18, 1e300};
  const double factors[] = {0, 1e-300, 0.5, 1, 1.7, 1e300}, fractions[] = {0, 0.1, 1};
  const double growths[] = {1, 1 + 0x1p-52, 1.1, 2, 3, 10, 1e19, 1e300};
  std::size_t asked = 0, bad = 0;
  const auto ask = [&](const schedule& s) {
    for (const std::uint64_t it : far) {
      const double value = s(it);
      ++asked;
      if (value >= 0) continue;
      if (++bad < 5) MESSAGE("kind " << s.rule().index() << " at " << it << ": " << value);
    }
  };
  for (const double rate : rates)
    for (const double length : lengths) {
      for (const bool flag : {false, true})
        for (const double factor : factors) {
          ask(exponential_decay{rate, length, factor, flag});
          ask(inverse_time_decay{rate, length, factor, flag});
          ask(inverse_time{rate, factor, flag ? inverse_time_form::quotient : inverse_time_form::reciprocal_product});
          for (const double end : rates)
            if (factor > 0) ask(polynomial_decay{rate, length, end, factor, flag});
        }
      for (const double alpha : fractions) {
        ask(cosine_decay{.initial_learning_rate = rate, .decay_steps = length, .alpha = alpha});
        for (const double target : rates)
          for (const double warmup : lengths) ask(cosine_decay{rate, length, alpha, target, warmup});
        for (const double t_mul : growths)
          for (const double m_mul : {1e-300, 0.5, 1.0, 1.7, 1e300}) ask(cosine_decay_restarts{rate, length, t_mul, m_mul, alpha});
      }
      for (const std::uint64_t steps : {std::uint64_t(1), std::uint64_t(1000), ~std::uint64_t(0) >> 1})
        for (const auto from : {counted_from::end_of_warmup, counted_from::first_step})
          for (const double start : rates)
            ask(linear_warmup{.after = inverse_time{rate, length}, .warmup_steps = steps, .start = start, .after_counts_from = from});
    }
  CHECK(bad == 0);
  CHECK(asked > 100'000);
}

TEST_CASE("the counter: all of it is seen, rounded once to double beyond 2^53") {
  const std::uint64_t edge = std::uint64_t(1) << 53;
  const inverse_time s{1, 1};
  CHECK(s((1ull << 24) + 1) != s(1ull << 24));
  CHECK(s(edge + 1) == s(edge));  // the two are one double
  const piecewise_constant_decay exact{.boundaries = {edge, edge + 1, ~0ull >> 1}, .values = {4, 3, 2, 1}};
  CHECK(exact(edge) == 4);
  CHECK(exact(edge + 1) == 3);
  CHECK(exact(edge + 2) == 2);
  CHECK(exact(~0ull) == 1);
  const linear_warmup warm{.after = exact, .warmup_steps = 1};
  CHECK(warm(edge + 2) == 3);  // subtracted in 64 bits, not in double
}
