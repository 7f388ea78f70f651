#include <gradus/models/tune.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gradus/models/dataset.h>
#include <gradus/models/initializers.h>
#include <gradus/models/layers.h>
#include <gradus/models/losses.h>
#include <gradus/models/sequential.h>
#include <gradus/optim/sgd.h>
#include <gradus/schedules/algebra.h>
#include <gradus/schedules/cosine_decay.h>
#include <gradus/schedules/exponential_decay.h>
#include <gradus/schedules/piecewise_interpolation.h>

using namespace gradus;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// ---- y = 2x + 1 with noise 0.1, 200 rows, 30 epochs in batches of 32: 210 updates

/// The mean squared error of the line w x + b on noiseless data: what training can still improve.
Real excess(const Tensor& w, const Tensor& b) {
  static const Tensor x = make_line({.rows = 1000, .noise = 0, .seed = 99}).x;
  NoGrad off;
  return mean(square(x * (w - 2) + (b - 1))).item();
}
Real train_line(const Schedule& rate, std::uint64_t seed) {
  const Dataset line = make_line({.rows = 200, .seed = seed});
  Sequential model{Dense{.units = 1}};
  model.compile(
      {.optimizer = SGD{.learning_rate = rate}, .loss = MeanSquaredError{}, .seed = seed});
  model.fit(line.x, line.y, {.batch_size = 32, .epochs = 30, .verbose = 0});
  const std::vector<Tensor> weights = model.get_weights();
  return excess(weights[0], weights[1]);
}
/// The excess of the line of least squares through the rows of the seed.
double least_squares(std::uint64_t seed) {
  const Dataset line = make_line({.rows = 200, .seed = seed});
  const Tensor x = line.x - mean(line.x);
  const Tensor w = sum(x * line.y) / sum(square(x));
  return value(excess(w, mean(line.y) - w * mean(line.x)));
}
double mean_loss(const Schedule& rate, Real (*train)(const Schedule&, std::uint64_t),
                 std::uint64_t first, std::uint64_t seeds) {
  double total = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) total += value(train(rate, seed));
  return total / static_cast<double>(seeds);
}

// ---- a quadratic of 16 curvatures, 1 ... 0.01, whose minimum each gradient sees elsewhere

constexpr Step steps = 200;

Real train_quadratic(const Schedule& rate, std::uint64_t seed) {
  static const Tensor curvature = [] {
    std::vector<Scalar> h;
    for (int i = 0; i < 16; ++i) h.push_back(std::pow(0.01, i / 15.0));
    return Tensor({16}, h);
  }();
  NoGrad off;
  Random random(seed, "noisy quadratic");
  Tensor w = RandomNormal{.stddev = 1}({16}, random);
  const Tensor noise = RandomNormal{.stddev = 0.5}({steps, 16}, random);
  for (Step t = 0; t < steps; ++t) w = w - rate(t) * curvature * (w - slice(noise, 0, t, t + 1));
  return (0.5 * sum(curvature * square(w))).item();
}

// ---- runs without chance

/// Twice the squared distance in logarithms between the rates of 10 steps and a target, plus 1.
Real distance(const Schedule& rate, double (*target)(int)) {
  Real sum = 1;
  for (int t = 0; t < 10; ++t) {
    const Real off = log(rate(t) / target(t));
    sum += 2 * off * off;
  }
  return sum;
}
Real to_a_tenth(const Schedule& rate, std::uint64_t) {
  return distance(rate, [](int) { return 0.1; });
}
Real to_falling(const Schedule& rate, std::uint64_t) {
  return distance(rate, [](int t) { return 0.5 * std::pow(0.8, t); });
}

}  // namespace

// ---- the goals ---------------------------------------------------------------------------------

TEST_CASE("tune: the demo's staircase reaches the floor of least squares") {
  const Tuned tuned = tune(ExponentialDecay{0.05, 42, 0.5, true}, train_line, {.judge = 100});
  CHECK(tuned.gained);
  CHECK(tuned.before > 50 * tuned.after);
  const auto* stairs = tuned.schedule.get_if<ExponentialDecay>();
  REQUIRE(stairs);
  CHECK(stairs->decay_steps.count == 42);
  CHECK(stairs->staircase);

  const std::uint64_t fresh = 1'000'000, seeds = 400;
  double floor = 0;
  for (std::uint64_t seed = fresh; seed < fresh + seeds; ++seed)
    floor += least_squares(seed) / static_cast<double>(seeds);
  const double reached = mean_loss(tuned.schedule, train_line, fresh, seeds);
  CAPTURE(floor);
  CHECK(floor == doctest::Approx(1.0e-4).epsilon(0.1));
  CHECK(reached < 1.1 * floor);
}

TEST_CASE("tune: knots beat the tuned constant 6 times and the tuned cosine 1.8 times") {
  const Tuned constant = tune(0.3, train_quadratic, {.judge = 100});
  const Tuned cosine = tune(CosineDecay{1.0, steps}, train_quadratic, {.judge = 100});
  const Tuned knots = tune(0.3, train_quadratic, {.knots = 8, .judge = 100});
  CHECK(constant.gained);
  CHECK(knots.gained);
  CAPTURE(to_string(knots.schedule));
  const auto fresh = [](const Tuned& tuned) {
    return mean_loss(tuned.schedule, train_quadratic, 1'000'000, 400);
  };
  const double reached = fresh(knots);
  CHECK(fresh(constant) > 6 * reached);
  CHECK(fresh(cosine) > 1.8 * reached);
}

TEST_CASE("tune: a constant that is already best gains nothing") {
  const Tuned line = tune(0.05, train_line, {.judge = 100});
  CHECK(!line.gained);
  CHECK(line.after > 0.97 * line.before);
  const Tuned exact = tune(0.1, to_a_tenth);
  CHECK(!exact.gained);
  CHECK(exact.after == exact.before);
  CHECK(to_string(exact.schedule) == "0.1");
  CHECK(exact.path.size() == 1 + 5);  // the start, and 5 checks without a gain
}

TEST_CASE("tune: a start with a loss of 1e48 comes down") {
  const Tuned tuned = tune(ExponentialDecay{3.0, 42, 0.5, true}, train_line, {.judge = 100});
  CHECK(tuned.before > 1e20);
  CHECK(tuned.after < 1.2e-4);
  CHECK(tuned.gained);  // though the error of `before` is about as large as its mean
}

TEST_CASE("tune: a start that diverges comes down by the numbers that make up its area") {
  const Tuned constant = tune(1e6, train_line, {.validation = 16, .judge = 50});
  CHECK(constant.before == infinity);
  CHECK(constant.before_error == infinity);
  CHECK(constant.path.front().loss == infinity);
  CHECK(constant.after < 1.5e-4);
  CHECK(constant.gained);

  const Tuned product = tune(1e3 * CosineDecay{1e3, 210}, train_line,
                             {.only = {"first"}, .validation = 16, .judge = 50});
  CAPTURE(to_string(product.schedule));
  CHECK(product.after < 1.5e-4);
  CHECK(to_string(product.schedule)
            .ends_with(" * CosineDecay(initial_learning_rate=1000, decay_steps=210)"));

  // The first time down the cosine halves, and the constant, a small part of the sum, hardly moves.
  const Tuned sum = tune(0.01 + CosineDecay{1e6, 210}, train_line,
                         {.iterations = 1, .validation = 1, .judge = 2});
  REQUIRE(sum.path.size() == 2);
  CHECK(to_string(sum.path[1].schedule) ==
        "0.01 + CosineDecay(initial_learning_rate=500000, decay_steps=210)");
}

// ---- which numbers move -----------------------------------------------------------------------

TEST_CASE("tune: counts of steps stay unless their whole path is asked for") {
  const Schedule start = linear(0.3, 0.02, 4) >> ExponentialDecay{0.2, 5.5, 0.5};
  const auto moved = [&](const TuneOptions& options) {
    std::vector<std::string> paths;
    std::vector<double> before;
    const Schedule schedule = tune(start, to_falling, options).schedule;
    start.with_numbers(
        [&](const OptionNumber& n) { return before.push_back(value(n.value)), n.value; });
    std::size_t i = 0;
    schedule.with_numbers([&](const OptionNumber& n) {
      if (n.value != before[i++]) paths.push_back(n.path);
      return n.value;
    });
    return paths;
  };
  using Paths = std::vector<std::string>;
  CHECK(moved({}) ==
        Paths{"first.from", "first.to", "second.initial_learning_rate", "second.decay_rate"});
  CHECK(moved({.only = {"second"}}) == Paths{"second.initial_learning_rate", "second.decay_rate"});
  CHECK(moved({.only = {"second.decay_steps"}}) == Paths{"second.decay_steps"});
  CHECK(moved({.fix = {"first"}}) == Paths{"second.initial_learning_rate", "second.decay_rate"});
  CHECK(moved({.fix = {"second.decay_rate"}, .only = {"second"}}) ==
        Paths{"second.initial_learning_rate"});
}

TEST_CASE("tune: a number that moves the rate in jumps stays") {
  const Schedule start = ExponentialDecay{0.3, 4.5, 0.9, true};
  const Tuned tuned = tune(start, to_falling, {.only = {"decay_steps", "decay_rate"}});
  const auto* stairs = tuned.schedule.get_if<ExponentialDecay>();
  REQUIRE(stairs);
  CHECK(stairs->decay_steps.count == 4.5);
  CHECK(stairs->decay_rate != 0.9);
}

TEST_CASE("tune: a 0 stays 0 and a number keeps its sign") {
  const Schedule start = CosineDecay{0.6, 50, 0.0} + -0.5 * CosineDecay{0.2, 50, 0.5};
  const Tuned tuned = tune(start, to_a_tenth);
  CHECK(tuned.gained);
  std::vector<double> before;
  start.with_numbers(
      [&](const OptionNumber& n) { return before.push_back(value(n.value)), n.value; });
  std::size_t i = 0;
  tuned.schedule.with_numbers([&](const OptionNumber& n) {
    CAPTURE(n.path);
    CHECK((value(n.value) < 0) == (before[i] < 0));
    CHECK((value(n.value) == before[i]) == (n.counts_steps || before[i] == 0));
    ++i;
    return n.value;
  });
}

TEST_CASE("tune: more than 7 numbers take their derivatives in passes") {
  const Tuned tuned = tune(0.3, to_falling, {.knots = 10, .seeds = 1, .validation = 1, .judge = 2});
  const auto* lines = tuned.schedule.get_if<PiecewiseInterpolation>();
  REQUIRE(lines);
  for (int t = 0; t < 10; ++t)
    CHECK(value(lines->values[static_cast<std::size_t>(t)]) ==
          doctest::Approx(0.5 * std::pow(0.8, t)).epsilon(0.05));
}

// ---- knots -------------------------------------------------------------------------------------

TEST_CASE("tune: knots lie on the start, at whole steps over the run, and only the values move") {
  const auto lines = [](const Tuned& tuned) {
    REQUIRE(tuned.schedule.get_if<PiecewiseInterpolation>());
    return *tuned.schedule.get_if<PiecewiseInterpolation>();
  };
  const Tuned still = tune(CosineDecay{0.1, 9}, to_a_tenth, {.knots = 4, .iterations = 0});
  CHECK(to_string(Schedule(lines(still))) ==
        to_string(PiecewiseInterpolation{
            {3, 6, 9}, {0.1, CosineDecay{0.1, 9}(3), CosineDecay{0.1, 9}(6), 0}}));
  const Tuned moved = tune(0.3, to_falling, {.knots = 5});  // asks steps 0 ... 9
  CHECK(moved.gained);
  std::vector<double> at;
  for (const Steps& boundary : lines(moved).boundaries) at.push_back(value(boundary.count));
  CHECK(at == std::vector<double>{2, 5, 7, 9});
}

// ---- the descent -------------------------------------------------------------------------------

TEST_CASE("tune: the same arguments give the same bits, and each check reports itself") {
  std::vector<std::string> reported;
  const auto text = [](const TuneCheck& check) {
    return fmt::format("{} {} {}", std::int64_t(check.iteration), check.loss,
                       to_string(check.schedule));
  };
  TuneOptions options{.iterations = 40, .judge = 20};
  const Tuned a = tune(ExponentialDecay{1.0, 50, 0.5}, train_quadratic, options);
  options.progress = [&](const TuneCheck& check) { reported.push_back(text(check)); };
  const Tuned b = tune(ExponentialDecay{1.0, 50, 0.5}, train_quadratic, options);
  CHECK(to_string(a.schedule) == to_string(b.schedule));
  CHECK(a.after == b.after);
  CHECK(a.after_error == b.after_error);
  REQUIRE(a.path.size() == 5);
  REQUIRE(reported.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(a.path[i].iteration == static_cast<std::int64_t>(10 * i));
    CHECK(text(a.path[i]) == reported[i]);
  }
  CHECK(a.path[0].loss > 2 * a.path[4].loss);
  CHECK(a.after == doctest::Approx(mean_loss(a.schedule, train_quadratic, 0, 20)).epsilon(1e-12));
  CHECK(a.runs == 1 + 40 * 16 + 5 * 64 + 2 * 20);
}
