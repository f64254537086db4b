// The whole step with all its options at once against plain loops: the same bits in every array, the same report and counter, at every call, whatever
// happens between calls.
#include <limits>

#include "support/pool.hpp"
#include "support/random_steps.hpp"
#include "support/refusal.hpp"
#include "support/size.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

constexpr int calls = 14;

// An optimizer and its memory beside the plain one; the same is done to both.
class pair_of_optimizers {
 public:
  pair_of_optimizers(std::uint64_t seed, const threading& how)
      : plain_(random_plain_optimizer(seed)), random_(seed ^ 0x5EED), o_(with(plain_.options, how)) {
    o_.add_group("own rate", {}, plain_.rates.at("own rate"));
    o_.add_group("parent's rate", {}, {}, "own rate");
    ours_.reserve(100);  // the optimizer points to the arrays in it
    for (const auto& p : plain_.parameters) add_to(o_, ours_.emplace_back(p));
  }

  void call(int number) {
    new_gradients();
    if (number > 0) something_happens();
    step_report right{}, report{};
    std::string expected, refused;
    const std::uint64_t before = o_.iterations();
    try {
      right = plain_.step();
    } catch (const std::invalid_argument& error) {
      expected = error.what();
    }
    refused = refusal([&] { report = o_.step(); });
    INFO("call " << number << ": " << refused);
    REQUIRE(refused.empty() == expected.empty());
    REQUIRE(differences(o_, ours_, plain_) == "");  // what comes after it would differ too
    CHECK(o_.iterations() == plain_.iterations);
    if (!refused.empty()) {
      CHECK(holds_all(refused, {"parameter \"parameter", "gradients[", "is not finite"}));
      CHECK(o_.iterations() == before);
      ++refusals;
      return;
    }
    CHECK(report.learning_rate == right.learning_rate);
    CHECK(report.iteration == right.iteration);
    CHECK(report.outcome == right.outcome);
    CHECK(report.non_finite == right.non_finite);
    CHECK(report.first_parameter == right.first_parameter);
    CHECK(report.first_index == right.first_index);
    CHECK(same(report.global_norm, right.global_norm));
    ++outcomes[static_cast<int>(report.outcome)];
  }

  int outcomes[3] = {}, refusals = 0;

 private:
  plain_optimizer plain_;
  random_bits random_;
  std::vector<plain_parameter> ours_{};
  optimizer o_;

  static optimizer_options with(optimizer_options options, const threading& how) {
    options.how = how;
    return options;
  }

  // Usual ones; seldom a zero, seldom one that is not finite, and now and then a parameter whose squares leave the range of doubles.
  void new_gradients() {
    const bool wild = random_() % 4 == 0;
    for (std::size_t i = 0; i < ours_.size(); ++i)
      std::visit(
          [&]<class T>(plain_arrays<T>& a) {
            const T scale = sizeof(T) == 8 && random_() % 16 == 0 ? static_cast<T>(random_() % 2 ? 0x1p600 : 0x1p-600) : T(1);
            for (T& g : a.gradients) g = random_() % 16 ? scale * usual_value<T>(random_) : T(0);
            if (wild && random_() % 4 == 0 && !a.gradients.empty())
              a.gradients[random_() % a.gradients.size()] =
                  random_() % 2 ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::quiet_NaN();
            std::get<plain_arrays<T>>(plain_.parameters[i].data).gradients = a.gradients;
          },
          ours_[i].data);
  }

  void something_happens() {
    for (int i = 0; i < 3; ++i) {
      const std::size_t index = random_() % ours_.size();
      plain_parameter& right = plain_.parameters[index];
      switch (random_() % 8) {
        case 0:
          right.has_gradients = false;
          o_.detach_gradients(index);
          break;
        case 1:
        case 2:
          right.has_gradients = true;
          std::visit([&]<class T>(plain_arrays<T>& a) { o_.set_gradients(index, std::span<const T>(a.gradients)); }, ours_[index].data);
          break;
        case 3: change_options(index); break;
        case 4:
          if (ours_.size() == ours_.capacity()) break;
          add_random_parameter(plain_, random_);
          add_to(o_, ours_.emplace_back(plain_.parameters.back()));
          break;
        case 5: set_state(index); break;
        case 6:
          if (random_() % 4) break;
          plain_.reset();
          o_.reset();
          break;
        default: plain_.iterations = random_() % 10; o_.set_iterations(plain_.iterations);
      }
    }
  }

  // What may change without the arrays that were kept for the options before.
  void change_options(std::size_t index) {
    plain_parameter& right = plain_.parameters[index];
    const parameter_options old = right.options;
    const std::size_t count = std::visit([](const auto& a) { return a.parameters.size(); }, right.data);
    right.options = random_step_options(count, plain_.options, random_);
    if (old.average.enabled) right.options.average.enabled = true;
    o_.change_options(index, [&](parameter_options& o) {
      CHECK(o.clip_norm == old.clip_norm);
      o = right.options;
    });
  }

  void set_state(std::size_t index) {
    plain_parameter& right = plain_.parameters[index];
    std::visit(
        [&]<class T>(plain_arrays<T>& a) {
          const auto fresh = [&](std::vector<T>& array) {
            for (T& x : array) x = std::abs(usual_value<T>(random_));
            return std::span<const T>(array);
          };
          o_.set_accumulators(index, fresh(a.accumulators));
          if (right.options.method == method::dual_averaging) o_.set_state(index, state_array::gradient_sums, fresh(a.gradient_sums));
          if (right.options.average.enabled) {
            o_.set_state(index, state_array::averages, fresh(a.averages));
            right.averaging = true;
          }
          if (plain_.options.accumulation.calls == 1) return;
          o_.set_state(index, state_array::pending_gradients, fresh(a.pending));
          right.gathered = true;
        },
        right.data);
  }
};

}  // namespace

TEST_CASE("random optimizers: 1, 2, 3 and 8 threads and an executor do at each call what the plain loops do") {
  int outcomes[3] = {}, refusals = 0;
  for (std::uint64_t seed = 1; seed <= (thin ? 12 : 48); ++seed) {
    CAPTURE(seed);
    int executed = 0;
    const executor pool{3, &executed, run_backwards};
    const threading all[] = {{.threads = 1},
                             {.threads = 2, .serial_below = 0},
                             {.threads = 3, .serial_below = 0},
                             {.threads = 8, .serial_below = 0},
                             {.serial_below = 0, .pool = &pool}};
    for (const threading& how : std::span(all).first(seed % 4 == 0 ? std::size(all) : 1)) {
      CAPTURE(how.threads);
      pair_of_optimizers both(seed, how);
      for (int call = 0; call < calls; ++call) both.call(call);
      for (int i = 0; i < 3; ++i) outcomes[i] += both.outcomes[i];
      refusals += both.refusals;
    }
  }
  // All kinds of calls were among them, often.
  for (const int count : outcomes) CHECK(count > (thin ? 10 : 50));
  CHECK(refusals > (thin ? 0 : 10));
}

TEST_CASE("random optimizers: every instruction set does at each call what the plain loops do") {
  for_each_isa([&](const std::string&) {
    for (std::uint64_t seed = 101; seed <= (thin ? 102 : 107); ++seed) {
      CAPTURE(seed);
      pair_of_optimizers both(seed, {.threads = 1 + static_cast<unsigned>(seed % 3), .serial_below = 0});
      for (int call = 0; call < calls; ++call) both.call(call);
    }
  });
}
