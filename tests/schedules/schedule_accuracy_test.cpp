/// Every schedule against its textbook formula, and where stairs, cycles and levels begin. For the
/// method see accuracy.h; for curves with an exponent and operators, curve_accuracy_test.cpp.

#include <gradus/schedules/known.h>

#include "accuracy.h"

using namespace accuracy;

namespace {

constexpr Curve shapes[] = {Curve::linear, Curve::cosine, Curve::one_minus_sqrt, Curve::rex,
                            Curve::halving};

// ---- Keras's schedules --------------------------------------------------------------------------

Case exponential(double rate, double n, double factor) {
  return {ExponentialDecay{rate, n, factor},
          [=](Long t) {  // a power of the whole and one of the rest: a great exponent has no digits
            const Long rest = std::fmod(t, Long{n}), whole = std::round((t - rest) / n);
            return rate * std::pow(Long{factor}, whole) * std::pow(Long{factor}, rest / n);
          },
          2 * n, multiples(n)};
}

Case stairs(double rate, double n, double factor) {
  const auto reference = [=](Long t) { return rate * std::pow(Long{factor}, std::floor(t / n)); };
  return {ExponentialDecay{rate, n, factor, true}, reference, 10 * n, multiples(n)};
}

Case inverse_time(double rate, double n, double factor, bool staircase) {
  const auto reference = [=](Long t) {
    return rate / (1 + factor * (staircase ? std::floor(t / n) : t / n));
  };
  return {InverseTimeDecay{rate, n, factor, staircase}, reference, 10 * n, multiples(n)};
}

Case polynomial(double rate, double n, double end, double power, bool cycle) {
  const auto reference = [=](Long t) {
    const Long whole = cycle ? n * std::max(Long{1}, std::ceil(t / n)) : n;
    const Long left = std::max(Long{0}, whole - t);
    return (Long{rate} - end) * std::pow(left / whole, Long{power}) + end;
  };
  const PolynomialDecay s{rate, n, end, power, cycle};
  return {s, reference, cycle ? 20 * n : 1.2 * n, multiples(n)};
}

Case piecewise(const std::vector<double>& at, const std::vector<double>& rates) {
  const auto reference = [=](Long t) {
    const auto passed = std::count_if(at.begin(), at.end(), [=](double b) { return b < t; });
    return Long{rates[static_cast<std::size_t>(passed)]};
  };
  const PiecewiseConstantDecay s{{at.begin(), at.end()}, rates};
  return {s, reference, 1.2 * at.back(), at};
}

Case cosine_decay(double rate, double n, double alpha, double target = 0, double warmup = 0) {
  CosineDecay s{rate, n, alpha};
  if (warmup > 0) s.warmup_target = target, s.warmup_steps = warmup;
  const auto reference = [=, peak = Long{warmup > 0 ? target : rate}](Long t) {
    if (t < warmup) return along_curve(Curve::linear, rate, target, t, warmup);
    return along_curve(Curve::cosine, peak, alpha * peak, t - warmup, n);
  };
  return {s, reference, 1.2 * (n + warmup), {warmup, warmup + n}};
}

/// Where the cycles up to 2^52 begin, found without a logarithm.
std::vector<Long> cycle_starts(double first, Long grow) {
  std::vector<Long> starts{0};
  for (Long i = 1; starts.back() <= last; ++i)
    starts.push_back(first * ((std::pow(grow, i) - 1) / (grow - 1)));
  return starts;
}

Case restarts(double rate, double first, double grow, double height = 1, double alpha = 0) {
  const std::vector<Long> starts = grow > 1 ? cycle_starts(first, grow) : std::vector<Long>{0};
  const auto reference = [=](Long t) {
    Long i = std::floor(t / first), since = t - i * first;
    if (grow > 1) {
      // Within rounding of the start, it is the start: 10 and 1.3 times 10 are meant to make 23.
      const Long reach = t + std::min(t * 0x1p-50L, 0x1p-20L);
      const auto next = std::upper_bound(starts.begin(), starts.end(), reach);
      i = static_cast<Long>(next - starts.begin() - 1);
      since = std::max(Long{0}, t - *(next - 1));
    }
    const Long wave = along_curve(Curve::cosine, 1, 0, since, first * std::pow(Long{grow}, i));
    return rate * ((1 - Long{alpha}) * std::pow(Long{height}, i) * wave + alpha);
  };
  Case c{CosineDecayRestarts{rate, first, grow, height, alpha}, reference, 100 * first};
  if (grow == 1) c.boundaries = multiples(first);
  for (const Long start : starts) c.boundaries.push_back(static_cast<double>(start));
  return c;
}

// ---- the other schedules ------------------------------------------------------------------------

Case curve(Curve shape, double from, double to, double n) {
  const auto reference = [=](Long t) { return along_curve(shape, from, to, t, n); };
  return {along(shape, from, to, n), reference, 1.2 * n, {n}};
}

Case step_decay(double rate, double n, double gamma) {
  return {StepDecay{rate, n, gamma}, stairs(rate, n, gamma).reference, 10 * n, multiples(n)};
}

Case multi_step(double rate, const std::vector<double>& at, double gamma) {
  const auto reference = [=](Long t) {
    const auto passed = std::count_if(at.begin(), at.end(), [=](double m) { return m <= t; });
    return rate * std::pow(Long{gamma}, static_cast<Long>(passed));
  };
  return {MultiStepDecay{rate, {at.begin(), at.end()}, gamma}, reference, 1.2 * at.back(), at};
}

Case inverse_sqrt(double rate, double n, double exponent = 0.5) {
  const auto reference = [=](Long t) { return rate * std::pow(n / (t + n), Long{exponent}); };
  return {InverseSqrt{rate, n, exponent}, reference, 10 * n};
}

Case noam(double size, double n, double factor) {
  const auto reference = [=](Long t) {
    return factor / std::sqrt(Long{size}) *
           std::min(1 / std::sqrt(t + 1), (t + 1) / (n * std::sqrt(Long{n})));
  };
  return {Noam{size, n, factor}, reference, 10 * n, {n - 1}};
}

Case one_cycle(double rate, double n, double start, Curve shape, bool three_phase) {
  const OneCycle s{rate, n, start, shape, 25, 1e4, three_phase};
  const double up = start * n;  // a step, and thus a double
  const Long low = Long{rate} / 25, end = low / 10000;
  const double down = three_phase ? 2 * up : n;
  const auto reference = [=](Long t) {
    if (t < up) return along_curve(shape, low, rate, t, up);
    if (t < down) return along_curve(shape, rate, three_phase ? low : end, t - up, down - up);
    return along_curve(shape, low, end, t - down, n - down);
  };
  return {s, reference, 1.2 * n, {up, down, n}};
}

Case cyclic(double base, double top, double up, double down, CyclicMode mode, double gamma = 1) {
  const double period = up + down;
  const auto reference = [=](Long t) {
    const Long cycle = std::floor(t / period), since = t - cycle * period;
    const Long height = since < up ? since / up : (period - since) / down;
    const Long scale = mode == CyclicMode::triangular2 ? std::pow(Long{0.5}, cycle)
                       : mode == CyclicMode::exp_range ? std::pow(Long{gamma}, t)
                                                       : 1;
    return base + (Long{top} - base) * height * scale;
  };
  Case c{Cyclic{base, top, up, down, mode, gamma}, reference, 10 * period, multiples(period)};
  for (const double b : multiples(period)) c.boundaries.push_back(b + up);
  return c;
}

Case stable(double rate, double up, double level, double down, Curve shape, double ratio) {
  const Long low = Long{ratio} * rate;
  const double level_end = up + level, end = level_end + down;
  const auto reference = [=](Long t) {
    if (t < up) return along_curve(Curve::linear, low, rate, t, up);
    return t < level_end ? Long{rate} : along_curve(shape, rate, low, t - level_end, down);
  };
  const WarmupStableDecay s{rate, up, level, down, Curve::linear, shape, ratio};
  return {s, reference, 1.2 * end, {up, level_end, end}};
}

Case interpolation(Curve shape, const std::vector<double>& at, const std::vector<double>& rates) {
  const auto reference = [=](Long t) {
    std::size_t i = 0;
    while (i < at.size() && t >= at[i]) ++i;
    const Long begin = i == 0 ? 0 : at[i - 1];
    return i == at.size() ? Long{rates[i]}
                          : along_curve(shape, rates[i], rates[i + 1], t - begin, at[i] - begin);
  };
  const PiecewiseInterpolation s{{at.begin(), at.end()}, rates, shape};
  return {s, reference, 1.2 * at.back(), at};
}

/// Stairs n steps long that fall too little to hide which one a step is on.
void check_stairs(const Schedule& s, Step n) {
  CAPTURE(to_string(s));
  for (const double multiple : multiples(static_cast<double>(n))) {
    const auto b = static_cast<Step>(multiple);
    CAPTURE(b);
    CHECK(s(b - 1) == s(b - n));
    CHECK(s(b) < s(b - 1));
    CHECK(s(b + n - 1) == s(b));
    CHECK(s(b + n) < s(b));
  }
}

/// Each cycle begins at its peak, on its step and not one earlier or later.
void check_restarts(Step first, Step grow) {
  const auto factor = static_cast<double>(grow);
  const Schedule s = CosineDecayRestarts{0.1, first, factor, 0.5};
  const Schedule falling = repeat(linear(1, 0, first), {.grow = factor});
  CAPTURE(to_string(s));
  double peak = 0.05;
  for (Step start = first, n = first; start < last && peak > 1e-12; peak /= 2) {
    CAPTURE(start);
    CHECK(s(start) == peak);
    CHECK(falling(start) == 1);
    if (n >= 3) CHECK(s(start - 1) < 0.51 * peak);  // n is how long the cycle before was
    if (n >= 2) CHECK(falling(start - 1) <= 0.5);
    n *= grow;
    CHECK(falling(start + 1) == doctest::Approx(n == 1 ? 1 : 1 - 1 / static_cast<double>(n)));
    start += n;
  }
}

void check_at(const Schedule& s, const std::vector<std::pair<Step, double>>& values) {
  CAPTURE(to_string(s));
  for (const auto& point : values) CHECK(std::pair(point.first, s(point.first)) == point);
}

}  // namespace

TEST_CASE("exponential, inverse time and polynomial decay are within 2 ulp of the peak") {
  check_cases({exponential(0.1, 2, 0.5), exponential(0.1, 1000, 0.96), exponential(1, 1, 0.999999),
               exponential(0.3, 1e15, 1e-9), exponential(1e-3, 12345.5, 0.1)});
  check_cases(
      {exponential(1e-3, 1e15, 2), exponential(1e-5, 7e12, 3), exponential(0.1, 1e13, 1.7)});
  check_cases({stairs(0.1, 2, 0.5), stairs(1, 1000, 1 - 1e-12), stairs(0.1, 2.5, 1 - 1e-14),
               stairs(0.1, 16777217, 0.999999), stairs(0.1, 1e15, 0.9), stairs(1e-3, 3e12, 1.2)});
  check_cases({inverse_time(0.1, 2, 1, false), inverse_time(0.1, 1e15, 30, false),
               inverse_time(0.3, 1000, 1e-9, false), inverse_time(0.1, 2, 1, true),
               inverse_time(0.1, 1000, 1e-12, true), inverse_time(0.7, 2.5, 1e-14, true)});
  for (const bool cycle : {false, true})
    check_cases({polynomial(0.1, 7, 1e-4, 1, cycle), polynomial(0.1, 2.5, 0, 0.5, cycle),
                 polynomial(0.06, 100, 0.01, 2, cycle), polynomial(0.01, 16777217, 0.1, 3, cycle),
                 polynomial(0.1, 1e15, 1e-3, 10, cycle), polynomial(0.1, 1000, 1e-3, 10, cycle),
                 polynomial(0.1, 1e15, 0, 0.5, cycle), polynomial(0.06, 16777217, 0, 1, cycle)});
}

TEST_CASE("cosine decay and its restarts are within 2 ulp of the peak") {
  for (const double n : {4.0, 12345.5, 16777217.0, 1e15})
    check_cases({cosine_decay(0.1, n, 0), cosine_decay(0.06, n, 0.2), cosine_decay(0.99, n, 0),
                 cosine_decay(0.1, n, 0.2, 0.5, 20), cosine_decay(0, n, 0, 1e-3, 3e14)});
  check_cases({restarts(0.1, 2, 2, 0.5), restarts(0.1, 1, 2), restarts(0.99, 1000, 2, 0.9, 0.1),
               restarts(0.1, 1, 3), restarts(0.1, 100, 3, 1.1), restarts(0.1, 1, 10),
               restarts(0.1, 7, 10, 0.5, 0.2), restarts(0.1, 0x1p20, 1.5), restarts(0.1, 7, 1.5),
               restarts(0.1, 10, 1.3, 0.98), restarts(0.1, 1000, 1.01), restarts(0.1, 1e12, 1.3),
               restarts(0.1, 7, 1), restarts(0.1, 16777217, 1), restarts(0.1, 2.5, 1),
               restarts(0.1, 1e15, 1, 0.7, 0.01), restarts(0.06, 1e15, 2)});
}

TEST_CASE("curves are within 2 ulp of the peak") {
  for (const Curve shape : shapes) {
    for (const double n : {0.0, 7.0, 2.5, 16777217.0, 1e15})
      check_cases({curve(shape, 0, 0.06, n), curve(shape, 0.99, 0.01, n)});
    check_cases(
        {curve(shape, 1, -1, 1000), curve(shape, 0.015, 0.12, 1e15), stable(0.1, 2, 2, 4, shape, 0),
         stable(0.06, 1000, 1e6, 1e5, shape, 0.1), stable(0.1, 1e13, 1e15, 2e15, shape, 0),
         stable(0.99, 0, 10, 1e15, shape, 0.01), interpolation(shape, {2, 4}, {1, 0, 0.5}),
         interpolation(shape, {20, 60, 1e6, 16777217, 1e15}, {0.02, 0.1, 0.04, 0.06, 0, 1}),
         one_cycle(1, 100, 0.3, shape, false), one_cycle(0.06, 7, 0.3, shape, false),
         one_cycle(0.1, 1e15, 0.25, shape, false), one_cycle(1, 100, 0.3, shape, true),
         one_cycle(0.99, 12345, 0.45, shape, true), one_cycle(0.1, 1e15, 0.3, shape, true)});
  }
  check_cases({{hold(0.1, 1e15), [](Long) { return Long{0.1}; }, 2e15, {1e15}}});
}

TEST_CASE("the schedules of papers and other libraries are within 2 ulp of the peak") {
  check_cases({piecewise({2, 4}, {0.5, 0.4, 0.3}), piecewise({1e6, 16777217, 1e15}, {4, 3, 2, 1}),
               step_decay(0.1, 30, 0.1), step_decay(0.1, 1000, 1 - 1e-12), step_decay(1, 1e15, 1.5),
               multi_step(0.1, {30, 80}, 0.1), multi_step(0.3, {5, 5, 16777217, 0x1p52 - 5}, 0.9),
               inverse_sqrt(0.1, 4), inverse_sqrt(0.06, 1e15), inverse_sqrt(0.99, 4000),
               inverse_sqrt(0.06, 1e15, 0.75), inverse_sqrt(0.3, 25, 3), noam(512, 4000, 1),
               noam(1, 4, 1), noam(768, 1e15, 2), noam(384, 16777217, 0.7)});
  for (const auto mode : {CyclicMode::triangular, CyclicMode::triangular2, CyclicMode::exp_range})
    check_cases({cyclic(0, 1, 2, 2, mode, 0.9), cyclic(0.01, 0.06, 1e14, 1e14, mode, 1 - 1e-15),
                 cyclic(0.01, 0.1, 2000, 6000, mode, 0.999994), cyclic(0, 0.1, 2.5, 2.5, mode),
                 cyclic(1e-3, 0.99, 16777217, 7, mode, 1 - 1e-9)});
}

TEST_CASE("stairs and cycles begin on their steps exactly") {
  for (const Step n : {2, 3, 7, 1000, 16777217}) {
    const double little = 0x1p-45 * static_cast<double>(n);
    if (n > 2) check_stairs(ExponentialDecay{1, n, 1 - little, true}, n);
    check_stairs(InverseTimeDecay{1, n, little, true}, n);
    check_stairs(StepDecay{1, n, 1 - little}, n);
  }
  for (const Step first : {1, 2, 7, 1000, 16777217})
    for (const Step grow : {1, 2, 3, 10}) check_restarts(first, grow);
  for (const Step b : {Step{1}, Step{16777217}, last - 1, last + 1}) {
    check_at(PiecewiseConstantDecay{{b}, {0.5, 0.4}}, {{b - 1, 0.5}, {b, 0.5}, {b + 1, 0.4}});
    check_at(MultiStepDecay{1, {b}, 0.5}, {{b - 1, 1}, {b, 0.5}, {b + 1, 0.5}});
  }
}

TEST_CASE("beyond 2^53 cycles stay between their ends") {
  for (const double n : {0.3, 1.0, 7.0, 1000.0, 12345.5})
    for (double t = 0x1p52; t <= 0x1p63; t *= 1.01)
      for (const Schedule& s : {Schedule(Cyclic{0, 1, n}), repeat(linear(0, 1, n)),
                                Schedule(PolynomialDecay{1, n, 0, 1, true})})
        CHECK(std::abs(s(std::floor(t)) - 0.5) <= 0.5);
}

TEST_CASE("starts, ends and levels are exact") {
  for (const Step n : {Step{10}, Step{16777220}, Step{1'000'000'000'000'000}}) {
    for (const Curve shape : shapes) {
      check_at(along(shape, 0.1, 0.013, n), {{0, 0.1}, {n, 0.013}, {n + 1, 0.013}});
      check_at(along(shape, 0.013, 0.1, n), {{0, 0.013}, {n, 0.1}, {n + 1, 0.1}});
      check_at(WarmupStableDecay{0.1, n, n, n, shape, shape},
               {{0, 0}, {n, 0.1}, {2 * n, 0.1}, {3 * n, 0}});
      check_at(OneCycle{0.1, n, 0.5, shape}, {{0, 0.004}, {n / 2, 0.1}, {n, 0.004 / 1e4}});
      check_at(PiecewiseInterpolation{{n, 2 * n}, {0.3, 0.1, 0.2}, shape},
               {{0, 0.3}, {n, 0.1}, {2 * n, 0.2}, {last, 0.2}});
    }
    check_at(CosineDecay{0.1, n, 0.25}, {{0, 0.1}, {n, 0.025}, {n + 1, 0.025}});
    check_at(PolynomialDecay{0.1, n, 0.013, 3}, {{0, 0.1}, {n, 0.013}, {n + 1, 0.013}});
    check_at(PolynomialDecay{0.1, n, 0.013, 3, true}, {{0, 0.1}, {n, 0.013}, {3 * n, 0.013}});
    check_at(Cyclic{0.013, 0.1, n}, {{0, 0.013}, {n, 0.1}, {2 * n, 0.013}, {3 * n, 0.1}});
    check_at(InverseSqrt{0.1, n}, {{0, 0.1}, {3 * n, 0.05}});
  }
  check_at(Noam{4, 16}, {{0, 0.0078125}, {15, 0.125}, {63, 0.0625}});
}
