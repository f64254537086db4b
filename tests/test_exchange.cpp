// Checkpoints that the Python package made of the states of PyTorch and Keras, loaded and continued: the bits of those systems, which went on by themselves
// (tests/exchange/README.md). With ADAGRAD_EXCHANGE set, leaves files there for the package's own test.
#include <doctest/doctest.h>

#include <cstdlib>
#include <numeric>

#include "adagrad/checkpoint.hpp"
#include "support/bits.hpp"
#include "support/migration.hpp"
#include "support/random_steps.hpp"
#include "support/recording.hpp"
#include "support/trained_model.hpp"

using namespace adagrad;
using namespace adagrad::test;

namespace {

// Where files are left; empty: nowhere.
std::string leave_at(const std::string& name) {
  const char* const folder = std::getenv("ADAGRAD_EXCHANGE");
  return folder == nullptr ? std::string() : std::string(folder) + "/" + name;
}

void set_torch(parameter_options& o, const json& group) {
  o.rule.epsilon = group.at("eps");
  o.rule.weight_decay = group.at("weight_decay");
  o.rule.maximize = group.at("maximize");
  o.initial_accumulator = group.at("initial_accumulator_value");
}

schedule rate_of(const json& group) { return inverse_time{group.at("lr"), group.at("lr_decay"), inverse_time_form::quotient}; }

// The first of PyTorch's groups are the defaults, the others groups here, by their numbers.
optimizer torch_optimizer(const json& one) {
  const json& groups = one.at("groups");
  optimizer_options options = presets::torch();
  options.learning_rate = rate_of(groups[0]);
  set_torch(options.defaults, groups[0]);
  optimizer made(options);
  for (std::size_t i = 1; i < groups.size(); ++i)
    made.add_group(
        std::to_string(i), [&, i](parameter_options& o) { set_torch(o, groups[i]); }, rate_of(groups[i]));
  return made;
}

schedule keras_rate(const json& rate) {
  if (!rate.is_object()) return rate.get<double>();
  const json& c = rate.at("config");
  if (rate.at("class_name") == "ExponentialDecay")
    return exponential_decay{c.at("initial_learning_rate"), c.at("decay_steps"), c.at("decay_rate"), c.at("staircase")};
  if (rate.at("class_name") == "PiecewiseConstantDecay") return piecewise_constant_decay{c.at("boundaries"), c.at("values")};
  throw std::runtime_error("unknown schedule");
}

optimizer keras_optimizer(const json& one) {
  const json& o = one.at("options");
  const bool legacy = one.at("variant") == "tf.keras legacy";
  optimizer_options options = legacy ? presets::keras2() : presets::keras3(keras_rate(o.at("learning_rate")));
  if (legacy) options.learning_rate = inverse_time{o.at("learning_rate"), o.at("decay"), inverse_time_form::quotient};
  options.defaults.rule.epsilon = o.at("epsilon");
  options.defaults.rule.weight_decay = number(o, "weight_decay", 0);
  options.defaults.rule.clip_value = number(o, "clipvalue", options.defaults.rule.clip_value);
  options.defaults.rule.gradient_scale = 1 / number(o, "loss_scale_factor", 1);
  options.defaults.initial_accumulator = o.at("initial_accumulator_value");
  options.defaults.clip_norm = number(o, "clipnorm", options.defaults.clip_norm);
  options.global_clip_norm = number(o, "global_clipnorm", options.global_clip_norm);
  return optimizer(options);
}

template <class T>
class continuation {
 public:
  continuation(const recording& from, const json& one, optimizer with)
      : one_(one), steps_(from.steps<T>(one)), optimizer_(std::move(with)) {
    std::size_t i = 0;
    for (const json& tensor : one.at("tensors")) {
      weights_.emplace_back(steps_[0][i].weights.size(), T(77));  // not what the file will bring
      gradients_.emplace_back(steps_[0][i].weights.size());
      const json& own = tensor.at("options");
      const std::string group = own.value("group", 0) == 0 ? "" : std::to_string(own.value("group", 0));
      const in_group member{group, [&](parameter_options& o) {
                              if (flag(own, "exclude_from_weight_decay")) o.rule.weight_decay = 0;
                            }};
      if (flag(own, "table")) add_table(tensor, i, member);
      else optimizer_.add(tensor.at("name"), std::span<T>(weights_[i]), std::span<const T>(gradients_[i]), member);
      ++i;
    }
  }

  // How many elements differ, after the load and after each step.
  std::size_t run() {
    const std::string name = one_.at("checkpoint");
    const std::uint64_t begun = one_.at("iterations").get<std::uint64_t>();
    REQUIRE(load(optimizer_, std::string(ADAGRAD_TEST_DATA) + "/" + name).iterations == begun);
    std::size_t differing = compare(0);
    for (std::size_t step = 1; step < steps_.size(); ++step) {
      for (std::size_t i = 0; i < weights_.size(); ++i) std::ranges::copy(steps_[step][i].gradients, gradients_[i].begin());
      optimizer_.step();
      if (!flag(one_, "inexact")) differing += compare(step);
      if (step == one_.at("handover").get<std::size_t>()) leave(name);
      if (step + 1 == steps_.size()) leave("last_" + name);
    }
    CHECK(optimizer_.iterations() == begun + steps_.size() - 1);
    return differing;
  }

 private:
  // With gradients for all rows in each step, as an array has them.
  void add_table(const json& tensor, std::size_t i, const in_group& member) {
    const std::size_t rows = tensor.at("shape")[0], width = tensor.at("shape")[1];
    auto& all = indices_.emplace_back(rows);
    std::iota(all.begin(), all.end(), 0);
    const std::size_t index = optimizer_.add_table(tensor.at("name"), rows_view<T>{weights_[i].data(), rows, width}, {}, member);
    optimizer_.set_row_gradients(index, row_gradients<T>{all, {gradients_[i].data(), rows, width}});
  }
  void leave(const std::string& name) {
    if (const std::string path = leave_at(name); !path.empty()) save(optimizer_, path);
  }
  std::size_t compare(std::size_t step) {
    std::size_t differing = 0;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const auto& there = steps_[step][i];
      const auto sums = optimizer_.template accumulators<T>(i);
      for (std::size_t k = 0; k < there.weights.size(); ++k)
        differing += (bits(weights_[i][k]) != bits(there.weights[k])) + (bits(sums[k]) != bits(there.states[0][k]));
    }
    return differing;
  }

  const json& one_;
  std::vector<std::vector<recorded_arrays<T>>> steps_;
  std::vector<std::vector<T>> weights_, gradients_;
  std::vector<std::vector<std::int64_t>> indices_;
  optimizer optimizer_;
};

void continue_all(const std::string& system, std::size_t cases, optimizer (*make)(const json&)) {
  const recording recorded(system);
  REQUIRE(recorded.cases().size() >= cases);
  std::size_t steps = 0, exact = 0;
  for (const json& one : recorded.cases()) {
    CAPTURE(one.at("name").get<std::string>());
    const std::size_t differing = one.at("dtype") == "f32" ? continuation<float>(recorded, one, make(one)).run()
                                                           : continuation<double>(recorded, one, make(one)).run();
    CHECK(differing == 0);
    exact += !flag(one, "inexact");
    steps += one.at("steps").get<std::size_t>();
  }
  MESSAGE(system << ": " << recorded.cases().size() << " states loaded, " << steps << " steps, compared in " << exact << " of them");
}

}  // namespace

TEST_CASE("PyTorch's states go on here with PyTorch's bits") { continue_all("torch", 18, torch_optimizer); }
TEST_CASE("Keras' states go on here with Keras' bits") { continue_all("keras", 17, keras_optimizer); }

// Read and written again by tests/exchange/files.py.
TEST_CASE("files of every kind") {
  const std::string folder = leave_at("");
  if (folder.empty()) return;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    trained_model model(seed, seed + 1000);
    for (std::uint64_t step = 0; step < seed % 11; ++step) model.step();
    save(model.optimizer(), folder + "trained_" + std::to_string(seed) + ".safetensors");
    plain_optimizer plain = random_plain_optimizer(seed);
    optimizer random(plain.options);
    for (const auto& [name, parent] : plain.parents)
      random.add_group(name, {}, plain.rates.count(name) != 0 ? std::optional(plain.rates.at(name)) : std::nullopt, parent);
    for (plain_parameter& p : plain.parameters) add_to(random, p);
    save(random, folder + "random_" + std::to_string(seed) + ".safetensors");
  }
  // Numbers of every size, in the text of options.
  random_bits random(7);
  for (int i = 0; i < 40; ++i) {
    optimizer_options options{.learning_rate = std::abs(usual_value<double>(random))};
    const double any = std::abs(any_value<double>(random));
    if (std::isfinite(any)) options.defaults.rule.epsilon = any;
    options.defaults.norm_fuzz = std::ldexp(static_cast<double>(random() % 4096), -1074);  // mostly subnormal
    optimizer made(options);
    save(made, folder + "numbers_" + std::to_string(i) + ".safetensors");
  }
  optimizer plain;
  save(plain, folder + "default.safetensors");
}
