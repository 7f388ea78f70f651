/// Exact expected losses, best schedules and slopes that theory/expected.json holds.

#include <gradus/models/best_schedule.h>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <gradus/optim/schedule_free_sgd.h>
#include <gradus/schedules/inverse_time_decay.h>
#include <gradus/schedules/parse.h>

#include "golden_support.h"

namespace {

using golden::Json;
using golden::numbers;
using namespace gradus;

ExactTensor exact(const Json& json) {
  std::vector<double> all;
  for (const Json& row : json)
    for (const double v : row.is_array() ? numbers(row) : std::vector{row.get<double>()})
      all.push_back(v);
  const Shape shape{json.size(), all.size() / json.size()};
  return ExactTensor::from_doubles(shape, std::move(all));
}

/// Compares numbers and collects the differences.
struct Expected {
  double absolute, relative = 1e-9;
  std::string wrong = {};
  void operator()(const std::string& name, double got, double want) {
    if (!golden::close(got, want, absolute, relative) && wrong.size() < 500)
      wrong += fmt::format("{}: got {:.17g}, want {:.17g}. ", name, got, want);
  }
  void operator()(const std::string& name, const std::vector<double>& got, const Json& want) {
    if (got.size() != want.size()) wrong += fmt::format("{}: {} numbers. ", name, got.size());
    for (std::size_t i = 0; i < std::min(got.size(), want.size()); ++i)
      (*this)(fmt::format("{}[{}]", name, i), got[i], golden::number(want[i]));
  }
};

Schedule schedule_of(const Json& json) {
  return json.is_number() ? Schedule(json.get<double>())
                          : parse_schedule(json.at("text").get<std::string>());
}

Optimizer optimizer_of(const Json& c) {
  const Json& o = c.at("optimizer");
  const auto kind = o.at("kind").get<std::string>();
  const Schedule rate = c.at("schedule").contains("text") ? schedule_of(c.at("schedule")) : 0.1;
  const auto option = [&](const char* name) { return Real(o.value(name, 0.0)); };
  if (kind == "schedule_free")
    return ScheduleFreeSGD{.learning_rate = rate,
                           .beta = option("beta"),
                           .warmup_steps = option("warmup_steps"),
                           .r = option("r"),
                           .weight_lr_power = option("weight_lr_power")};
  return Optimizer(SGD{.learning_rate = rate,
                       .momentum = o.contains("momentum") ? schedule_of(o.at("momentum")) : 0.0,
                       .nesterov = kind == "nesterov"},
                   {.use_ema = kind == "ema", .ema_momentum = option("ema_momentum")});
}

Sampling sampling_of(const Json& c) {
  const auto names = names_of(Sampling());
  const auto it = std::ranges::find(names, c.value("sampling", "fresh"));
  check(it != names.end(), "no such sampling");
  return static_cast<Sampling>(it - names.begin());
}

ExpectedOptions options_of(const Json& c) {
  return {.x = exact(c.at("x")),
          .y = exact(c.at("y")),
          .batch_size = c.at("batch").get<Step>(),
          .optimizer = optimizer_of(c),
          .steps = c.at("steps").get<Step>(),
          .sampling = sampling_of(c),
          .use_bias = c.at("bias").get<bool>(),
          .start = numbers(c.at("start"))};
}

Expected compare_curve(const Expectation& got, const Json& c, const char* list) {
  const Json& want = c.at(list);
  const std::vector<double> loss = numbers(want.at("loss"));
  Expected expect{1e-12 * std::max(1.0, std::ranges::max(loss))};
  expect("loss", got.loss, want.at("loss"));
  for (std::size_t t = 0; t < want.at("mean_weights").size(); ++t)
    expect("mean_weights", got.mean_weights.at(t), want.at("mean_weights")[t]);
  expect("minimum", got.minimum.loss, c.at("minimum").at("loss").get<double>());
  expect("weights", got.minimum.weights, c.at("minimum").at("weights"));
  return expect;
}

std::string compare_case(const Json& c) {
  const ExpectedOptions options = options_of(c);
  const Expectation got = expected_loss(options);
  Expected expect = compare_curve(got, c, "expected");
  expect("bias", got.bias, c.at("expected").at("bias"));
  expect("variance", got.variance, c.at("expected").at("variance"));
  if (!c.contains("largest_rate")) return expect.wrong;
  expect("this_batch", largest_rate(options), c.at("largest_rate").at("this_batch").get<double>());
  ExpectedOptions full = options;
  full.sampling = Sampling::full;
  expect("full_batch", largest_rate(full), c.at("largest_rate").at("full_batch").get<double>());
  return expect.wrong;
}

/// Shuffled epochs are refused, and have another mean: equal until the second update of an epoch.
std::string compare_shuffled(const Json& c) {
  ExpectedOptions options = options_of(c);
  const Expectation got = expected_loss(options);
  const Expected expect = compare_curve(got, c, "expected_fresh");
  const std::vector<double> shuffled = numbers(c.at("expected_shuffled").at("loss"));
  CHECK(got.loss[1] == doctest::Approx(shuffled[1]).epsilon(1e-9));
  for (std::size_t t = 2; t < shuffled.size(); ++t)
    CHECK(std::abs(got.loss[t] / shuffled[t] - 1) > 1e-6);
  options.sampling = Sampling::shuffled;
  CHECK_THROWS_AS(expected_loss(options), ValueError);
  return expect.wrong;
}

std::string compare_optimal(const Json& c) {
  ExpectedOptions options = options_of(c);
  const Json& rates = c.at("schedule").at("rates");
  Expected expect{1e-9 * golden::number(rates[0])};
  const BestSchedule best = best_schedule(options);
  expect("rates", best.rates, rates);
  expect("loss", best.loss, golden::number(c.at("expected").at("loss").back()));
  options.optimizer.set_learning_rate(best.schedule);
  expect("expected loss", expected_loss(options).loss, c.at("expected").at("loss"));
  if (!c.at("closed_form").get<bool>()) return expect.wrong;
  const Json& named = c.at("inverse_time_decay");
  const Schedule decay =
      InverseTimeDecay{named.at("initial_learning_rate").get<double>(),
                       named.at("decay_steps").get<double>(), named.at("decay_rate").get<double>()};
  for (std::size_t t = 0; t < rates.size(); ++t)
    expect("InverseTimeDecay", decay(t), golden::number(rates[t]));
  return expect.wrong;
}

std::string compare_gradient(const Json& c) {
  const ExpectedOptions options = options_of(c);
  const std::vector<double> want = numbers(c.at("gradient_by_rate"));
  double largest = 0;
  for (const double v : want) largest = std::max(largest, std::abs(v));
  Expected expect{1e-8 * largest, 0};
  expect("gradient_by_rate", gradient_by_rate(options), c.at("gradient_by_rate"));
  expect.relative = 1e-9;
  expect("final_loss", expected_loss(options).loss.back(), c.at("final_loss").get<double>());
  return expect.wrong;
}

std::string refuse(const Json& c) {
  const auto rows = c.at("N").get<Step>();
  expected_loss({.x = Tensor::full({rows, 1}, 1.0),
                 .y = Tensor::zeros({rows}),
                 .batch_size = c.at("batch").get<Step>(),
                 .sampling = sampling_of(c)});
  return "nothing refused it";
}

}  // namespace

TEST_CASE("golden expected losses, parts, mean weights and largest rates") {
  golden::GoldenFile file("theory/expected.json");
  golden::run_cases(file, compare_case);
}
TEST_CASE("golden expected losses of fresh batches beside those of shuffled epochs") {
  golden::GoldenFile file("theory/expected.json");
  golden::run_cases(file, compare_shuffled, {.list = "shuffled"});
}
TEST_CASE("golden best schedules of one weight") {
  golden::GoldenFile file("theory/expected.json");
  golden::run_cases(file, compare_optimal, {.list = "optimal"});
}
TEST_CASE("golden slopes of the final loss by the rates") {
  golden::GoldenFile file("theory/expected.json");
  golden::run_cases(file, compare_gradient, {.list = "gradients"});
}
TEST_CASE("golden batches without an exact expectation are refused") {
  golden::GoldenFile file("theory/expected.json");
  golden::run_cases(file, refuse, {.list = "refused", .is_bad = [](const Json&) { return true; }});
}
