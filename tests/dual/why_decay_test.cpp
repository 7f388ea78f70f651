// The claims of the lesson apps/why_decay.cpp, over seeds that it does not use.

#include <gradus/models/tune.h>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <gradus/models/initializers.h>
#include <gradus/schedules/algebra.h>
#include <gradus/schedules/cosine_decay.h>
#include <gradus/schedules/piecewise_interpolation.h>

using namespace gradus;

namespace {

constexpr Step steps = 200;
constexpr double noise = 0.5;

double curvature(int i) { return std::pow(0.01, i / 15.0); }

/// The lesson's training; `series` gives other random numbers.
template <int series>
Real train_valley(const Schedule& rate, std::uint64_t seed) {
  static const Tensor h = [] {
    std::vector<Scalar> all;
    for (int i = 0; i < 16; ++i) all.push_back(curvature(i));
    return Tensor({16}, all);
  }();
  NoGrad off;
  Random random(seed, "why decay", series);
  Tensor w = RandomNormal{.stddev = 1}({16}, random);
  const Tensor minima = RandomNormal{.stddev = noise}({steps, 16}, random);
  for (Step t = 0; t < steps; ++t) w = w - rate(t) * h * (w - slice(minima, 0, t, t + 1));
  return (0.5 * sum(h * square(w))).item();
}

/// The variances of w along a curvature after some updates: what is left of the start, and noise.
struct Parts {
  double start = 1, noise = 0;
};
Parts parts_along(double h, const Schedule& rate, Step updates = steps) {
  Parts parts;
  for (Step t = 0; t < updates; ++t) {
    const double step = h * value(rate(t)), kept = (1 - step) * (1 - step);
    parts.start *= kept;
    parts.noise = kept * parts.noise + step * step * noise * noise;
  }
  return parts;
}
Parts parts_of_loss(const Schedule& rate) {
  Parts sum{.start = 0};
  for (int i = 0; i < 16; ++i) {
    const Parts parts = parts_along(curvature(i), rate);
    sum.start += 0.5 * curvature(i) * parts.start;
    sum.noise += 0.5 * curvature(i) * parts.noise;
  }
  return sum;
}
double loss(const Schedule& rate) {
  const Parts parts = parts_of_loss(rate);
  return parts.start + parts.noise;
}

/// What tune() makes of each start, on random numbers of the lesson (series 0) or on others.
template <int series>
Schedule tuned(const Schedule& start, Count knots = 0) {
  return tune(start, train_valley<series>, {.knots = knots, .judge = 2}).schedule;
}
/// Each claim must hold for random numbers that are not the lesson's.
const std::vector<Schedule (*)(const Schedule&, Count)> other_series{tuned<1>, tuned<2>};

}  // namespace

TEST_CASE("why decay: the two parts of the loss are its mean over seeds") {
  for (const Schedule& rate :
       {Schedule(0.15), Schedule(CosineDecay{1.0, steps}), tuned<0>(0.3, 8)}) {
    double total = 0, squares = 0;
    constexpr int seeds = 400;
    for (int i = 0; i < seeds; ++i) {
      const double one = value(train_valley<0>(rate, 5'000'000 + static_cast<std::uint64_t>(i)));
      total += one;
      squares += one * one;
    }
    const double mean = total / seeds;
    const double error = std::sqrt((squares / seeds - mean * mean) / seeds);
    CAPTURE(to_string(rate));
    CHECK(std::fabs(mean - loss(rate)) < 4 * error);
  }
}

TEST_CASE("why decay: tuned knots beat the tuned cosine, and the constant, a compromise") {
  for (const auto tune_it : other_series) {
    const Schedule constant = tune_it(0.3, 0), knots = tune_it(0.3, 8);
    const Schedule cosine = tune_it(CosineDecay{0.3, steps}, 0);
    CHECK(loss(constant) > 6 * loss(knots));
    CHECK(loss(cosine) > 1.8 * loss(knots));
    CHECK(loss(constant) > 2 * loss(cosine));
    CHECK(loss(0.5 * constant) > loss(constant));
    CHECK(loss(2 * constant) > loss(constant));

    const Parts at = parts_of_loss(constant), left = parts_of_loss(knots);
    const Parts lower = parts_of_loss(0.5 * constant), higher = parts_of_loss(2 * constant);
    CHECK(lower.start > at.start);
    CHECK(lower.noise < at.noise);
    CHECK(higher.start < at.start);
    CHECK(higher.noise > at.noise);
    CHECK(left.start < 0.05 * left.noise);
    CHECK(left.noise < 0.3 * at.noise);
  }
}

TEST_CASE("why decay: tuned knots begin far above the largest stable constant and end like 1 / t") {
  CHECK(parts_along(1, 1.99).start < 1);
  CHECK(parts_along(1, 2.01).start > 1);
  for (const auto tune_it : other_series) {
    const Schedule knots = tune_it(0.3, 8);
    CAPTURE(to_string(knots));
    std::vector<double> rate;
    for (const Real& number : knots.get_if<PiecewiseInterpolation>()->values)
      rate.push_back(value(number));
    REQUIRE(rate.size() == 8);
    CHECK(rate[0] > 3 * 2);
    for (std::size_t i = 1; i < rate.size(); ++i) CHECK(rate[i] < rate[i - 1]);

    // Steep directions grow first. Where the rate passes 1 / curvature, nothing of the start stays.
    CHECK(parts_along(1, knots, 10).start > 1e6);
    for (int i = 0; i < 8; ++i) {
      CHECK(rate[0] > 1 / curvature(i));
      CHECK(parts_along(curvature(i), knots).start < 1e-3);
    }
    // At the end 1 / rate rises by about the steepest curvature, 1, per step.
    const double slope = (1 / rate[7] - 1 / rate[4]) / (199 - 114);
    CHECK(slope > 0.5);
    CHECK(slope < 1.2);
  }
}

TEST_CASE("why decay: rates of 1 / t make w the mean of the minima seen") {
  const Parts parts = parts_along(1, [](double t) { return 1 / (t + 1); });
  CHECK(parts.start == 0);
  CHECK(parts.noise == doctest::Approx(noise * noise / steps));
}
