/// What it costs to ask a schedule, beside its bare formula written into the program.

#include <benchmark/benchmark.h>
#include <gradus/models/best_schedule.h>
#include <gradus/schedules/known.h>

#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

#include "benchmarks.h"

namespace {

using namespace gradus;

/// A step count that the compiler cannot foresee.
struct Clock {
  double operator()() {
    now = now < 2000 ? now + 1 : 0;
    benchmark::DoNotOptimize(now);
    return now;
  }
  double now = 0;
};

void add_asked(const std::string& name, const Schedule& schedule) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    Clock clock;
    for (auto _ : state) benchmark::DoNotOptimize(schedule(clock()));
  });
}

/// The same numbers twice: Keras's formula as Keras writes it, in doubles and without a check, and
/// the struct asked through Schedule.
template <class Formula>
void add(const std::string& name, const Schedule& schedule, Formula formula) {
  for (const double t : {0.0, 1.0, 99.0, 100.0, 777.0, 1999.0})
    if (!(std::abs(schedule(t) - formula(t)) < 1e-12))
      throw std::runtime_error(
          fmt::format("{}: {} at step {}, by formula {}", name, schedule(t), t, formula(t)));
  benchmark::RegisterBenchmark(("schedule_" + name + "/formula").c_str(),
                               [=](benchmark::State& state) {
                                 Clock clock;
                                 for (auto _ : state) benchmark::DoNotOptimize(formula(clock()));
                               });
  add_asked("schedule_" + name + "/gradus", schedule);
}

/// 2,000 updates of two weights by 256 rows: six schedules take at most 10 ms.
void add_expected(const Schedule& schedule) {
  const Dataset line = make_line({.rows = 256});
  const ExpectedOptions options{.x = line.x,
                                .y = line.y,
                                .batch_size = 8,
                                .optimizer = SGD{.learning_rate = schedule},
                                .steps = 2000};
  benchmark::RegisterBenchmark("expected_loss/6_schedules", [=](benchmark::State& state) {
    for (auto _ : state)
      for (int i = 0; i < 6; ++i) benchmark::DoNotOptimize(expected_loss(options).loss.back());
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("best_schedule/2000_updates", [=](benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(best_schedule(options).loss);
  })->Unit(benchmark::kMillisecond);
}

double half_wave(double x) { return 0.5 * (1 + std::cos(std::numbers::pi * x)); }

/// Keras finds the cycle by a logarithm.
double restarts(double t) {
  const double cycles = t / 100;
  const double i = std::floor(std::log(1 + cycles) / std::log(2.0));
  const double power = std::pow(2.0, i);
  const double start = (1 - power) / (1 - 2.0);
  return 0.1 * (0.9 * std::pow(0.8, i) * half_wave((cycles - start) / power) + 0.1);
}

}  // namespace

void add_schedules() {
  add("constant", 0.1, [](double) { return 0.1; });
  add("ExponentialDecay", ExponentialDecay{0.1, 100, 0.9},
      [](double t) { return 0.1 * std::pow(0.9, t / 100); });
  add("ExponentialDecay_staircase", ExponentialDecay{0.1, 100, 0.9, true},
      [](double t) { return 0.1 * std::pow(0.9, std::floor(t / 100)); });
  add("InverseTimeDecay", InverseTimeDecay{0.1, 100, 0.5},
      [](double t) { return 0.1 / (1 + 0.5 * t / 100); });
  add("PolynomialDecay", PolynomialDecay{0.1, 1500, 0.01, 2},
      [](double t) { return (0.1 - 0.01) * std::pow(1 - std::min(t, 1500.0) / 1500, 2) + 0.01; });
  add("PiecewiseConstantDecay", PiecewiseConstantDecay{{500, 1000, 1500}, {0.1, 0.05, 0.02, 0.01}},
      [](double t) {
        return t <= 500 ? 0.1 : t <= 1000 ? 0.05 : t <= 1500 ? 0.02 : 0.01;
      });
  add("CosineDecay", CosineDecay{0.1, 1500, 0.1},
      [](double t) { return 0.1 * (0.9 * half_wave(std::min(t, 1500.0) / 1500) + 0.1); });
  add("CosineDecayRestarts", CosineDecayRestarts{0.1, 100, 2.0, 0.8, 0.1}, restarts);

  const Schedule warm = linear(0, 0.1, 100) >> CosineDecay{0.1, 1900};
  add_asked("expression/2_parts_joined", warm);
  add_asked("expression/8_nodes",  // clamp, sum, product, constant, join, two parts, power
            clamp(0.5 * warm + power(linear(0, 0.1, 2000), 2), 1e-5, 0.09));
  add_expected(warm);
}
