/// The rows of the table of bad inputs that concern schedules: each is refused where it is given,
/// and the error names the argument, the rule and the value.
#include <gradus/schedules/known.h>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include <gradus/core/ops.h>
#include <gradus/optim/sgd.h>

using namespace gradus;
using doctest::Contains;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr std::int64_t last_step = std::numeric_limits<std::int64_t>::max();

struct Refused {
  std::function<Schedule()> make;
  const char* text;
};
void check_refused(std::initializer_list<Refused> table) {
  for (const Refused& row : table) {
    CAPTURE(row.text);
    CHECK_THROWS_WITH_AS(row.make(), Contains(row.text), ValueError);
  }
}

Schedule cosine_of(double rate, double steps = 10, double alpha = 0) {
  return CosineDecay{rate, steps, alpha};
}
Schedule warm(std::optional<double> target, double steps) {
  return CosineDecay{0.1, 10, 0, "c", target, steps};
}
Schedule restarts(double t_mul, double m_mul = 1, double first = 10) {
  return CosineDecayRestarts{0.1, first, t_mul, m_mul};
}
Schedule polynomial(double end, double power, double steps = 10) {
  return PolynomialDecay{0.1, steps, end, power};
}

}  // namespace

TEST_CASE("bad input: rates, lengths and factors of Keras's schedules") {
  check_refused({
      {[] { return cosine_of(not_a_number); },
       "CosineDecay: initial_learning_rate must be finite and >= 0 (got nan)"},
      {[] { return cosine_of(infinite); },
       "initial_learning_rate must be finite and >= 0 (got inf)"},
      {[] { return cosine_of(-0.1); }, "initial_learning_rate must be finite and >= 0 (got -0.1)"},
      {[] { return cosine_of(0.1, 0); }, "CosineDecay: decay_steps must be > 0 (got 0)"},
      {[] { return polynomial(0, 1, -3); }, "PolynomialDecay: decay_steps must be > 0 (got -3)"},
      {[] { return restarts(2, 1, 0); }, "first_decay_steps must be > 0 (got 0)"},
      {[] {
         return InverseTimeDecay{0.1, 0, 1};
       },
       "InverseTimeDecay: decay_steps must be > 0"},
      {[] {
         return ExponentialDecay{0.1, 1, 0};
       },
       "decay_rate must be finite and > 0 (got 0)"},
      {[] {
         return InverseTimeDecay{0.1, 1, -1};
       },
       "InverseTimeDecay: decay_rate must be finite and >= 0 (got -1)"},
      {[] { return cosine_of(0.1, 10, 7); }, "CosineDecay: alpha must be in [0, 1] (got 7)"},
      {[] { return cosine_of(0.1, 10, -0.5); }, "alpha must be in [0, 1] (got -0.5)"},
      {[] { return cosine_of(0.1, 10, not_a_number); }, "alpha must be in [0, 1] (got nan)"},
      {[] {
         return CosineDecayRestarts{
             .initial_learning_rate = 0.1, .first_decay_steps = 10, .alpha = 2};
       },
       "CosineDecayRestarts: alpha must be in [0, 1] (got 2)"},
      {[] { return restarts(0); }, "t_mul must be finite and >= 1 (got 0)"},
      {[] { return restarts(0.5); }, "t_mul must be finite and >= 1 (got 0.5)"},
      {[] { return restarts(not_a_number); }, "t_mul must be finite and >= 1 (got nan)"},
      {[] { return restarts(2, -1); }, "m_mul must be finite and >= 0 (got -1)"},
      {[] { return restarts(2, not_a_number); }, "m_mul must be finite and >= 0 (got nan)"},
      {[] { return polynomial(0, 0); }, "PolynomialDecay: power must be finite and > 0 (got 0)"},
      {[] { return polynomial(0, not_a_number); }, "power must be finite and > 0 (got nan)"},
      {[] { return polynomial(-1, 1); }, "end_learning_rate must be finite and >= 0 (got -1)"},
      {[] { return polynomial(not_a_number, 1); }, "end_learning_rate must be finite and >= 0"},
      {[] { return warm(0.5, -1); }, "CosineDecay: warmup_steps must be finite and >= 0 (got -1)"},
      {[] { return warm(-0.5, 1); }, "warmup_target must be finite and >= 0 (got -0.5)"},
      {[] { return warm(std::nullopt, 5); },
       "CosineDecay: warmup_steps must come with a warmup_target (got warmup_steps=5 without)"},
  });
  CHECK(cosine_of(0)(5) == 0);
  CHECK(polynomial(0.5, 1)(10) == 0.5);  // growth is allowed
  CHECK(warm(0.0, 5)(5) == 0);           // 0 is a target
}

TEST_CASE("bad input: the other schedules and the algebra") {
  const Schedule lambda = [](double) { return 0.1; };
  check_refused({
      {[] { return linear(0, infinite, 5); }, "Linear: to must be finite (got inf)"},
      {[] { return cosine(not_a_number, 1, 5); }, "Cosine: from must be finite (got nan)"},
      {[] { return hold(1, -1); }, "Hold: steps must be finite and >= 0 (got -1)"},
      {[] { return linear(0, 1, infinite); }, "Linear: steps must be finite and >= 0 (got inf)"},
      {[] { return OneCycle{.max_learning_rate = 1, .total_steps = 9, .pct_start = 1.5}; },
       "OneCycle: pct_start must be in [0, 1] (got 1.5)"},
      {[] {
         return OneCycle{
             .max_learning_rate = 1, .total_steps = 9, .pct_start = 0.6, .three_phase = true};
       },
       "OneCycle: pct_start must be <= 0.5 with three_phase (got 0.6)"},
      {[] {
         return Cyclic{0.5, 0.1};
       },
       "Cyclic: max_learning_rate must be >= base_learning_rate (got 0.1 and 0.5)"},
      {[] {
         return Cyclic{0, 1, 0};
       },
       "Cyclic: step_size_up must be > 0 (got 0)"},
      {[] {
         return Cyclic{0, 1, 1, -1};
       },
       "Cyclic: step_size_down must be > 0 (got -1)"},
      {[] {
         return Noam{512, 0};
       },
       "Noam: warmup_steps must be finite and >= 1 (got 0)"},
      {[] {
         return InverseSqrt{0.1, 0};
       },
       "InverseSqrt: timescale must be > 0 (got 0)"},
      {[] {
         return StepDecay{0.1, 0};
       },
       "StepDecay: step_size must be > 0 (got 0)"},
      {[] {
         return MultiStepDecay{0.1, {5, 3}};
       },
       "MultiStepDecay: milestones must not fall (got milestones[1]=3 after 5)"},
      {[] {
         return PiecewiseInterpolation{{5, 5}, {1, 2, 3}};
       },
       "must be strictly increasing"},
      {[] {
         return PiecewiseInterpolation{{5}, {1}};
       },
       "got 1 values and 1 boundaries"},
      {[] {
         return PiecewiseInterpolation{{5}, {1, -1}};
       },
       "values[1] must be finite and >= 0"},
      {[] { return WarmupStableDecay{0.1, 5, 5, 5, Curve::linear, Curve::linear, 2}; },
       "WarmupStableDecay: min_ratio must be in [0, 1] (got 2)"},
      {[=] { return lambda >> 0.1; }, "operator >>: the left side must have an end (got custom"},
      {[] { return repeat(0.1); }, "Repeat: schedule must have an end (got 0.1"},
      {[] { return repeat(hold(1, 0)); }, "Repeat: schedule must last longer than 0 steps (got 0)"},
      {[] { return repeat(hold(1, 5), {.grow = 0.5}); }, "Repeat: grow must be finite and >= 1"},
      {[] { return repeat(hold(1, 5), {.decay = -1}); }, "Repeat: decay must be finite and >= 0"},
      {[=] { return mirror(lambda, 0, 1); }, "Mirror: schedule must have an end (got custom"},
      {[=] { return clamp(lambda, 2, 1); }, "Clamp: low must be <= high (got 2 and 1)"},
      {[=] { return clamp(lambda, not_a_number, 1); }, "Clamp: low must be finite (got nan)"},
      {[=] { return lambda.take(-1); }, "Take: steps must be finite and >= 0 (got -1)"},
      {[=] { return delay(lambda, -1); }, "Delay: steps must be finite and >= 0 (got -1)"},
      {[=] { return stretch(lambda, 0); }, "Stretch: factor must be finite and > 0 (got 0)"},
      {[=] { return per_epoch(lambda, 0); }, "PerEpoch: steps_per_epoch must be > 0 (got 0)"},
      {[=] { return warmup(lambda, -1); }, "Warmup: steps must be finite and >= 0 (got -1)"},
      {[=] { return power(lambda, 0); }, "Power: exponent must be finite and > 0 (got 0)"},
      {[=] { return skip(lambda, -1); }, "Skip: steps must be finite and >= 0 (got -1)"},
      {[=] { return lambda - infinite; }, "Difference: second must be finite (got inf)"},
      {[=] { return min(not_a_number, lambda); }, "Min: first must be finite (got nan)"},
      {[] { return rex(1, not_a_number, 5); }, "Rex: to must be finite (got nan)"},
      {[] { return halving_curve(1, 0, -1); },
       "HalvingCurve: steps must be finite and >= 0 (got -1)"},
      {[] { return power_curve(1, 0, 5, 0); },
       "PowerCurve: exponent must be finite and > 0 (got 0)"},
      {[] { return polynomial_curve(1, 0, 5, -1); },
       "PolynomialCurve: exponent must be finite and > 0 (got -1)"},
      {[] { return exponential_curve(1, 0, 5, 1); },
       "ExponentialCurve: ratio must be in (0, 1) (got 1)"},
      {[] { return tanh_curve(1, 0, 5, 3, 3); }, "TanhCurve: lower must be < upper (got 3 and 3)"},
      {[] {
         return InverseSqrt{0.1, 5, 0};
       },
       "InverseSqrt: exponent must be finite and > 0 (got 0)"},
      {[] { return Silver{0}; }, "Silver: largest must be finite and > 0 (got 0)"},
      {[] {
         return Chebyshev{0, 1, 8};
       },
       "Chebyshev: smallest must be finite and > 0 (got 0)"},
      {[] {
         return Chebyshev{2, 1, 8};
       },
       "Chebyshev: smallest must be <= largest (got 2 and 1)"},
      {[] {
         return Chebyshev{1, 2, 12.5, ChebyshevOrder::descending};
       },
       "Chebyshev: steps must be a whole number (got 12.5)"},
      {[] {
         return Chebyshev{1, 2, 12};
       },
       "Chebyshev: steps must be a power of two in fractal order (got 12)"},
      {[] {
         return Chebyshev{1, 2, 0, ChebyshevOrder::ascending};
       },
       "Chebyshev: steps must be finite and >= 1 (got 0)"},
      {[=] { return not_a_number * lambda; }, "Product: first must be finite (got nan)"},
      {[=] { return lambda + infinite; }, "Sum: second must be finite (got inf)"},
  });
  CHECK_THROWS_WITH_AS(lambda.area(-1), "Schedule::area: steps must be >= 0 (got -1)", ValueError);
}

TEST_CASE("the largest step gives a finite limit, at once") {
  const std::pair<Schedule, double> limits[] = {{cosine_of(0.1, 1000, 0.1), 0.1 * 0.1},
                                                {polynomial(0.01, 2), 0.01},
                                                {InverseTimeDecay{0.1, 1, 0.5}, 0},
                                                {linear(0, 0.1, 5) >> 0.3, 0.3},
                                                {OneCycle{25, 100}, 25 / 25.0 / 1e4},
                                                {WarmupStableDecay{1, 5, 5, 5}, 0},
                                                {PiecewiseInterpolation{{5, 9}, {1, 2, 3}}, 3},
                                                {cosine_of(0.1).take(5), cosine_of(0.1)(5)},
                                                {InverseSqrt{0.1, 1}, 0}};
  for (const auto& [schedule, limit] : limits)
    CHECK(schedule(last_step) == doctest::Approx(limit).epsilon(1e-9));
  for (const Schedule& endless :
       {restarts(1), restarts(2), restarts(1.0000001), restarts(10), repeat(cosine_of(1)),
        repeat(cosine_of(1), {.grow = 3, .decay = 0.5}), Schedule(Cyclic{0, 1, 1}),
        polynomial(0, 1, 3), Schedule(PolynomialDecay{0.1, 3, 0, 1, true}),
        stretch(restarts(2), 1e-300), per_epoch(restarts(2), 1e-300)}) {
    const double v = endless(last_step);
    CHECK((v >= 0 && v <= 1));
  }
}

TEST_CASE("lengths beyond 2^53 work") {
  const Schedule s = CosineDecay{.initial_learning_rate = 1, .decay_steps = 0x1p60};
  CHECK(s(std::int64_t{1} << 59) == 0.5);
  CHECK(s(std::int64_t{1} << 60) == 0);
  CHECK(linear(0, 1, 0x1p62)(std::int64_t{1} << 61) == 0.5);
}

TEST_CASE("a rate that is nan, infinite, negative or throws stops the update before it") {
  const auto step_with = [](const Schedule& rate) {
    Optimizer optimizer = SGD{.learning_rate = rate};
    const Tensor w = parameter({1.0});
    for (int i = 0; i < 20; ++i) {
      sum(w).backward();
      optimizer.step({w});
    }
  };
  CHECK_THROWS_WITH_AS(step_with([](double t) { return t < 17 ? 0.1 : not_a_number; }),
                       Contains("returned nan at step 17"), NumericError);
  CHECK_THROWS_WITH_AS(step_with(linear(0.1, -0.1, 10)), Contains("step 6"), NumericError);
  CHECK_THROWS_AS(step_with(power(linear(1, -1, 10), 0.5)), NumericError);
  struct Own {};
  CHECK_THROWS_AS(step_with([](double) -> double { throw Own(); }), Own);
  CHECK_THROWS_AS(step_with(ExponentialDecay{1, 1, 1e100}), NumericError);
}
