#include <gradus/models/sensitivity.h>

#include <cmath>
#include <string>
#include <vector>

#include "runs.h"

#include <doctest/doctest.h>

using namespace gradus;

// ---- jumps --------------------------------------------------------------------------------------

namespace {
struct Blocks {
  Real size = 7;
  Real operator()(Real step) const { return 0.1 / (1 + floor(step / size)); }
  static void fields(auto& self, auto&& field) { field("size", self.size); }
};
struct Forgetful {
  Real scale = 0.1;
  Real operator()(Real step) const { return value(scale) / (1 + 0.1 * step); }
  static void fields(auto& self, auto&& field) { field("scale", self.scale); }
};

/// The numbers of a schedule that move it in jumps over a run of 200 updates.
std::vector<std::string> jumping(const Schedule& rate) {
  std::vector<std::string> found;
  for (const Pull& pull : sensitivity(rate, descent(200)).pulls) {
    CAPTURE(pull.parameter);
    CHECK(std::isnan(pull.derivative) == !pull.why_not.empty());
    CHECK(pull.why_not != "plain double");
    if (pull.why_not == "staircase") found.push_back(pull.parameter);
  }
  return found;
}
}  // namespace

TEST_CASE("numbers by which a schedule moves in jumps have no derivative") {
  using Paths = std::vector<std::string>;
  const struct {
    const char* rate;
    Paths jumping;
  } table[] = {
      {"ExponentialDecay(0.1, 42, 0.5, staircase=True)", {"decay_steps"}},
      {"ExponentialDecay(0.1, 42.5, 0.5, staircase=True)", {"decay_steps"}},
      {"ExponentialDecay(0.1, 10, 0.9999, staircase=True)", {"decay_steps"}},
      {"InverseTimeDecay(0.1, 10, 0.5, staircase=True)", {"decay_steps"}},
      {"PiecewiseConstantDecay([3, 4], [0.1, 0.05, 0.01])", {"boundaries[0]", "boundaries[1]"}},
      {"PiecewiseConstantDecay([30, 60], [0.1, 0.1, 0.01])", {"boundaries[1]"}},
      {"PolynomialDecay(0.1, 50, cycle=True)", {"decay_steps"}},
      {"CosineDecayRestarts(0.1, 30)", {"first_decay_steps", "t_mul"}},
      {"StepDecay(0.1, 30)", {"step_size"}},
      {"hold(0.1, 30) >> 0.01", {"first.steps"}},
      {"linear(0.1, 0.01, 40) >> linear(0.05, 0, 40)", {"first.steps"}},
      {"linear(0.08, 0.02, 50).take(30) >> CosineDecay(0.1, 20)", {"first.steps"}},
      {"delay(StepDecay(0.1, 30), 20)", {"schedule.step_size", "steps"}},
      {"stretch(StepDecay(0.1, 10.5), 2)", {"schedule.step_size", "factor"}},
      {"per_epoch(CosineDecay(0.1, 30), 7)", {"steps_per_epoch"}},
      {"repeat(CosineDecay(0.1, 20), grow=1.3)", {"schedule.decay_steps", "grow"}},
      {"repeat(CosineDecay(0.1, 20))", {"schedule.decay_steps", "grow"}},
      {"cosine(0.1, 0, 100) * StepDecay(1, 20)", {"second.step_size"}},
      {"linear(0, 0.1, 0) >> 0.1", {"first.steps"}},  // 0 steps begin at the end
  };
  for (const auto& row : table) {
    CAPTURE(row.rate);
    CHECK(jumping(parse_schedule(row.rate)) == row.jumping);
  }
  CHECK(jumping(Blocks{}) == Paths{"size"});
  CHECK(jumping(Blocks{3.3}) == Paths{"size"});
}

TEST_CASE("a jump between two steps counts, though small moves change no rate of the run") {
  CHECK(sensitivity(Blocks{10.5}, descent(20)).pulls[0].why_not == "staircase");
}

TEST_CASE("curves and kinks are no jumps") {
  for (const char* rate : {"0.1",
                           "ExponentialDecay(0.1, 42, 0.5)",
                           "InverseTimeDecay(0.1, 10, 0.5)",
                           "PolynomialDecay(0.1, 50)",
                           "PolynomialDecay(0.1, 50, power=0.5)",
                           "CosineDecay(0.1, 100)",
                           "CosineDecay(0.1, 100, alpha=0.1, warmup_target=0.2, warmup_steps=20)",
                           "PiecewiseInterpolation([30, 90, 170], [0.01, 0.08, 0.03, 0.005])",
                           "OneCycle(0.1, 180)",
                           "WarmupStableDecay(0.1, 20, 100, 60)",
                           "Noam(60, 30)",
                           "Cyclic(0.01, 0.06, 25, 30)",
                           "Cyclic(0.01, 0.06, 3, mode=\"exp_range\", gamma=0.99)",
                           "repeat(linear(0, 0.1, 20) >> linear(0.1, 0, 20), grow=1.5)",
                           "linear(0, 0.1, 30) >> CosineDecay(0.1, 100)",
                           "hold(0.1, 100) >> linear(0.1, 0, 1)",
                           "hold(0.1, 100) >> one_minus_sqrt(0.1, 0, 50)",
                           "delay(CosineDecay(0.1, 50), 20)",
                           "stretch(CosineDecay(0.1, 50), 2)",
                           "warmup(CosineDecay(0.1, 100), 20)",
                           "clamp(CosineDecay(0.1, 100), 0.01, 0.06)",
                           "power(linear(0.3, 0.05, 170), 1.5)",
                           "mirror(OneCycle(0.1, 100), 0.95, 0.85)",
                           "per_epoch(0.1, 7)",
                           "hold(0.1, 30) >> 0.1",
                           "clamp(StepDecay(0.1, 30), 0.2, 0.3)",
                           "hold(0.1, 250) >> 0.01"}) {
    CAPTURE(rate);
    CHECK(jumping(parse_schedule(rate)).empty());
  }
  CHECK(jumping(Wavy{0.1}).empty());
  CHECK(jumping(0.1 * windows(7, 200)).empty());
}

TEST_CASE("no known schedule loses derivatives") {
  for (const KnownSchedule& known : known_schedules()) {
    CAPTURE(known.type);
    jumping(known.example);
  }
}

TEST_CASE("a formula of doubles is named") {
  const Schedule rate = delay([](double step) { return 0.1 / (1 + 0.1 * step); }, 10);
  CHECK(sensitivity(rate, descent(40)).pulls[0].why_not == "plain double");
  CHECK(sensitivity(Forgetful{}, descent(40)).pulls[0].why_not == "plain double");
}

TEST_CASE("the decay_steps of a staircase in an optimizer have no derivative") {
  const ExponentialDecay stairs{0.05, 20, 0.5, true};
  const Sensitivity s = sensitivity(SGD{.learning_rate = stairs, .momentum = stairs}, training());
  for (const char* schedule : {"learning_rate", "momentum"}) {
    const Pull& pull = pull_of(s, fmt::format("{}.decay_steps", schedule));
    CHECK(pull.why_not == "staircase");
    CHECK(std::isnan(pull.derivative));
    CHECK(pull_of(s, fmt::format("{}.decay_rate", schedule)).why_not == "");
  }
  CHECK(s.warning() == "");
}

TEST_CASE("an infinite slope is no number") {
  const Schedule rate = hold(0.1, 20) >> one_minus_sqrt(0.1, 0, 50);
  const Pull pull = sensitivity(rate, descent(60)).pulls[1];
  CHECK(pull.why_not == "not finite");
  CHECK(std::isnan(pull.derivative));
}

TEST_CASE("a number without valid neighbours is fixed") {
  const Optimizer at(SGD{.learning_rate = 0.05}, {.gradient_accumulation_steps = 100});
  CHECK(pull_of(sensitivity(at, training()), "gradient_accumulation_steps").why_not == "fixed");
  CHECK(pull_of(sensitivity(CosineDecay{0.1, 20}, descent(20)), "warmup_steps").why_not == "fixed");
}

// ---- how long the run is ------------------------------------------------------------------------

TEST_CASE("only jumps within the run count") {
  const Schedule rate = hold(0.1, 30) >> 0.01;
  const auto why_not = [&](int updates, SensitivityOptions options = {}) {
    return sensitivity(rate, descent(updates), options).pulls[1].why_not;
  };
  CHECK(why_not(40) == "staircase");
  CHECK(why_not(20) == "");
  CHECK(why_not(20, {.steps = 40}) == "staircase");
  CHECK(why_not(40, {.steps = 20}) == "");
  CHECK(sensitivity(rate, descent(20)).steps == 20);
  CHECK(sensitivity(rate, descent(20), {.steps = 40}).steps == 40);
  // Past the end of the rate, too.
  CHECK(sensitivity(CosineDecay{0.1, 10}, descent(40)).steps == 40);
}

TEST_CASE("what a run sees prints and lasts as it was given") {
  const SGD rule{.learning_rate = linear(0.1, 0.2, 10) >> StepDecay{0.1, 5}, .momentum = 0.5};
  const Optimizer given = rule;
  int runs = 0;
  sensitivity(given, [&](const Optimizer& optimizer) {
    if (++runs == 1) {  // then the promise moves the numbers
      CHECK(to_string(optimizer) == to_string(given));
      CHECK(serialize(optimizer.schedule()) == serialize(given.schedule()));
      CHECK(optimizer.schedule().duration() == given.schedule().duration());
    }
    return descent(20)(optimizer.schedule());
  });
  CHECK(runs == 3);
  sensitivity(SGD{.learning_rate = 0.1}, [](const Optimizer& optimizer) {
    CHECK(optimizer.schedule().constant());
    return descent(20)(optimizer.schedule());
  });
  sensitivity(StepDecay{0.1, 5},
              [](const Schedule& rate) {
                CHECK(rate.get_if<StepDecay>());
                return descent(20)(rate);
              },
              {.steps = 20});
}
