#include <gradus/models/sensitivity.h>

#include <cmath>
#include <string>
#include <vector>

#include "runs.h"

#include <doctest/doctest.h>

using namespace gradus;

namespace {

std::vector<std::string> paths(const Sensitivity& s) {
  std::vector<std::string> found;
  for (const Pull& pull : s.pulls) found.push_back(pull.parameter);
  return found;
}

/// How many of six seeds get a warning.
int warnings(const Optimizer& optimizer, Setting setting) {
  int count = 0;
  setting.epochs = 50;
  for (setting.seed = 1; setting.seed <= 6; ++setting.seed)
    count += !sensitivity(optimizer, training(setting)).warning().empty();
  return count;
}

}  // namespace

// ---- the numbers and the runs -------------------------------------------------------------------

TEST_CASE("seven numbers take one run, and the promise two more") {
  int runs = 0;
  const auto train = [&](const Optimizer& optimizer) {
    ++runs;
    return trained(optimizer);
  };
  const Schedule rate =
      linear(0.01, 0.05, 20) >> CosineDecay{.initial_learning_rate = 0.05, .decay_steps = 50};
  const Sensitivity s = sensitivity(SGD{.learning_rate = rate, .momentum = 0.5}, train);
  CHECK(runs == 4);
  CHECK(paths(s) == std::vector<std::string>{
                        "learning_rate.first.from", "learning_rate.first.to",
                        "learning_rate.first.steps", "learning_rate.second.initial_learning_rate",
                        "learning_rate.second.decay_steps", "learning_rate.second.alpha",
                        "learning_rate.second.warmup_steps", "momentum"});
  CHECK(s.steps == 60);
  CHECK(s.loss == value(trained(SGD{.learning_rate = rate, .momentum = 0.5})));
  CHECK(s.pulls[1].value == 0.05);
  CHECK(s.pulls[1].effect() == 0.01 * 0.05 * s.pulls[1].derivative);

  runs = 0;
  sensitivity(SGD{.learning_rate = rate}, train, {.only = {"learning_rate.second", "momentum"}});
  CHECK(runs == 3);
}

TEST_CASE("each derivative is that of its number") {
  const Schedule rate =
      linear(0.01, 0.05, 20.5) >>
      PiecewiseInterpolation{.boundaries = {10.2, 20.4, 40.1}, .values = {0.05, 0.04, 0.02, 0.01}};
  const Optimizer at(SGD{.learning_rate = rate, .momentum = 0.5}, {.clipnorm = 0.3});
  const Sensitivity s = sensitivity(at, training());
  REQUIRE(s.pulls.size() == 12);
  for (std::size_t i = 0; i < s.pulls.size(); ++i) {
    const auto loss = [&](double by) {
      std::size_t k = 0;
      return value(trained(at.with_numbers(
          [&](const OptionNumber& n) { return k++ == i ? n.value + by : n.value; })));
    };
    const Pull& pull = s.pulls[i];
    const double h = 1e-4 * pull.value;
    const double slope = (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h);
    CAPTURE(pull.parameter);
    CHECK(pull.why_not == "");
    CHECK(pull.derivative == doctest::Approx(slope).epsilon(1e-6));
  }
}

TEST_CASE("a number that is 0 has its exact derivative") {
  const Sensitivity s = sensitivity(SGD{.learning_rate = 0.05}, training());
  const double h = 1e-6, slope = (value(trained(SGD{0.05, h})) - s.loss) / h;
  CHECK(pull_of(s, "momentum").derivative == doctest::Approx(slope).epsilon(1e-4));
  CHECK(pull_of(s, "momentum").effect() == 0);
}

TEST_CASE("an expression without numbers gives its loss in one run") {
  int runs = 0;
  const Schedule rate = [](double step) { return 0.1 / (1 + step); };
  const Sensitivity s = sensitivity(rate, [&](const Schedule& given) {
    ++runs;
    return descent(20)(given);
  });
  CHECK(runs == 1);
  CHECK(s.pulls.empty());
  CHECK(s.loss == value(descent(20)(rate)));
  CHECK(s.warning() == "");
}

TEST_CASE("rules, rates and functions of any kind convert") {
  CHECK(sensitivity(0.1, descent(20)).pulls[0].parameter == "value");
  CHECK(sensitivity(CosineDecay{0.1, 20}, descent(20)).pulls.size() == 4);
  CHECK(sensitivity(SGD{.learning_rate = 0.1}, [](const auto& at) {
          return descent(20)(at.schedule());
        }).pulls.size() == 2);
  CHECK(sensitivity(0.1, [](Schedule at) { return at(0) * at(0); }).pulls[0].derivative == 0.2);
}

TEST_CASE("a field of a user's struct is a number like any other") {
  const Sensitivity s = sensitivity(0.5 * Schedule(Wavy{0.1}), descent(40));
  CHECK(paths(s) == std::vector<std::string>{"first", "second.height", "second.waves"});
  const auto loss = [](double waves) {
    return value(descent(40)(0.5 * Schedule(Wavy{0.1, waves})));
  };
  CHECK(s.pulls[2].derivative ==
        doctest::Approx((loss(3.0001) - loss(2.9999)) / 2e-4).epsilon(1e-6));
}

TEST_CASE("only chooses numbers by path, and names a path that has none") {
  const Schedule rate = linear(0.1, 0.2, 10) >> 0.1;
  CHECK(paths(sensitivity(rate, descent(20), {.only = {"first.to", "second"}})) ==
        std::vector<std::string>{"first.to", "second"});
  CHECK_THROWS_WITH_AS(
      sensitivity(rate, descent(20), {.only = {"fist.to"}}),
      "sensitivity: only must name numbers (got 'fist.to'; did you mean 'first.to'?)", ValueError);
}

TEST_CASE("a diverged run gives no numbers") {
  const Sensitivity s = sensitivity(SGD{.learning_rate = 1e6}, training());
  CHECK(s.diverged);
  CHECK(std::isinf(s.loss));
  for (const Pull& pull : s.pulls) {
    CHECK(std::isnan(pull.derivative));
    CHECK(pull.why_not == "the run diverged");
  }
  CHECK(s.warning() == "");
  const Sensitivity infinite = sensitivity(0.1, [](const Schedule& rate) { return rate(0) / 0.0; });
  CHECK(infinite.diverged);
  CHECK(std::isnan(infinite.pulls[0].derivative));
}

TEST_CASE("other errors of a run pass through") {
  const auto train = [](const Schedule&) -> Real { throw ShapeError("train: no"); };
  CHECK_THROWS_WITH_AS(sensitivity(0.1, train), "train: no", ShapeError);
}

// ---- windows ------------------------------------------------------------------------------------

TEST_CASE("windows are ones over equal parts of the run") {
  const Schedule ones = windows(3, 10);
  CHECK(to_string(ones) == "PiecewiseConstantDecay(boundaries=[3, 6], values=[1, 1, 1])");
  CHECK(ones(5) == 1);
  CHECK(to_string(windows(1, 1)) == "PiecewiseConstantDecay(boundaries=[], values=[1])");
  CHECK_THROWS_WITH_AS(windows(0, 10), "windows: count must be from 1 to steps (got 0 and 10)",
                       ValueError);
  CHECK_THROWS_AS(windows(11, 10), ValueError);
}

TEST_CASE("the sensitivities of all windows add up to that of a common factor") {
  const Schedule rate = linear(0.001, 0.05, 15) >> CosineDecay{0.05, 45};
  for (const Optimizer& at :
       {Optimizer(SGD{.learning_rate = 3.0 * rate * windows(17, 60), .momentum = 0.9}),
        Optimizer(Adam{.learning_rate = 0.3 * rate * windows(17, 60)})}) {
    const Sensitivity s = sensitivity(
        at, training(), {.only = {"learning_rate.second.values", "learning_rate.first.first"}});
    REQUIRE(s.pulls.size() == 18);
    double sum = 0, size = 0;
    for (std::size_t i = 1; i < s.pulls.size(); ++i) {
      sum += s.pulls[i].derivative;
      size += std::abs(s.pulls[i].derivative);
    }
    CHECK(std::abs(sum - s.pulls[0].value * s.pulls[0].derivative) < 1e-12 * size);
  }
}

// ---- is the promise kept? -----------------------------------------------------------------------

TEST_CASE("a smooth run keeps the promise of its derivatives") {
  const Schedule rate = CosineDecay{0.05, 200}, low = CosineDecay{0.01, 200};
  CHECK(warnings(SGD{.learning_rate = rate, .momentum = 0.9}, {}) == 0);
  CHECK(warnings(Adam{.learning_rate = low}, {}) == 0);
  const Sensitivity s = sensitivity(SGD{.learning_rate = rate}, training());
  CHECK(s.promised < 0);
  CHECK(s.measured == doctest::Approx(s.promised).epsilon(0.02));
}

TEST_CASE("the signs of Lion break the promise") {
  CHECK(warnings(Lion{.learning_rate = CosineDecay{0.01, 200}}, {}) >= 2);
}

TEST_CASE("the kink of MeanAbsoluteError breaks the promise") {
  const SGD rule{.learning_rate = CosineDecay{0.05, 200}, .momentum = 0.9};
  CHECK(warnings(rule, {.loss = MeanAbsoluteError{}}) >= 2);
}

TEST_CASE("a loss that lost its derivatives breaks the promise") {
  const Sensitivity s = sensitivity(SGD{.learning_rate = 0.05}, [](const Optimizer& optimizer) {
    return value(trained(optimizer));
  });
  CHECK(s.promised == 0);
  CHECK(s.warning().starts_with("the derivative does not describe this run: "));
}

TEST_CASE("a warning says what was promised and what came") {
  Sensitivity s{.loss = 1, .promised = -0.03, .measured = -0.021};
  CHECK(s.warning() == "");
  s.measured = 0.01;
  CHECK(s.warning() ==
        "the derivative does not describe this run: numbers moved 2% down their slopes should "
        "change the loss by -0.03, but change it by 0.01");
  s.measured = std::nan("");
  CHECK(s.warning().ends_with("by -0.03, but a moved run diverges"));
  CHECK(Sensitivity{.loss = 1, .promised = -1e-12, .measured = 1e-12}.warning() == "");
  CHECK(Sensitivity{}.warning() == "");
}
