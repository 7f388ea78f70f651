#include <gradus/models/sensitivity.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <gradus/gradus.h>

using namespace gradus;

namespace {

struct Setting {
  Activation activation = tanh;
  Loss loss = MeanSquaredError{};
  std::uint64_t seed = 3;
  Count epochs = 15;  ///< of 4 updates
};

/// The loss of a small net after training on rows that it fits only in part.
Real trained(const Optimizer& optimizer, const Setting& setting = {}) {
  Random random(11, "rows");
  const Tensor x = Tensor::uniform({24, 2}, -1, 1, random);
  const Tensor y = tanh(x) + Tensor::normal({24, 2}, 0, 0.3, random);
  Sequential net{Dense{4, setting.activation}, Dense{2}};
  net.compile({.optimizer = optimizer, .loss = setting.loss, .seed = setting.seed});
  net.fit(x, y, {.batch_size = 6, .epochs = setting.epochs, .verbose = 0});
  return net.loss(x, y);
}

/// trained(), as a function of the optimizer.
auto training(const Setting& setting = {}) {
  return [setting](const Optimizer& optimizer) { return trained(optimizer, setting); };
}

/// A loss that depends on every rate of a run, smoothly.
auto descent(int updates) {
  return [updates](const Schedule& rate) {
    Real w = 1;
    for (int t = 0; t < updates; ++t) w = w - rate(t) * (w - 0.01 * t);
    return w * w;
  };
}

std::vector<std::string> paths(const Sensitivity& s) {
  std::vector<std::string> found;
  for (const Pull& pull : s.pulls) found.push_back(pull.parameter);
  return found;
}

const Pull& pull_of(const Sensitivity& s, const std::string& parameter) {
  for (const Pull& pull : s.pulls)
    if (pull.parameter == parameter) return pull;
  throw ValueError("no " + parameter + " among " + fmt::format("{}", s.pulls.size()));
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

namespace {
struct Wavy {
  Real height, waves = 3;
  Real operator()(Real step) const { return height * (1 + 0.5 * sin(waves * 0.1 * step)); }
  static void fields(auto& self, auto&& field) {
    field("height", self.height);
    field("waves", self.waves);
  }
};
}  // namespace

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
