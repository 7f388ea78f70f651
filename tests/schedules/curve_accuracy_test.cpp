/// Curves with an exponent, Chebyshev, Silver and the operators against their formulas.

#include <gradus/schedules/curve.h>

#include "accuracy.h"

using namespace accuracy;

namespace {

/// cos x = 1 - 2 sin^2 (x / 2), because the difference of M + m and (M - m) cos x cancels.
Long chebyshev_rate(Long m, Long M, Long k, Long steps) {
  const Long half = std::numbers::pi_v<Long> * (k + 0.5L) / steps / 2;
  return 1 / (m * std::pow(std::cos(half), 2.0L) + M * std::pow(std::sin(half), 2.0L));
}

/// The order as the paper builds it: each index is followed by its mirror image.
std::vector<Step> fractal_order(Step steps) {
  std::vector<Step> order{0};
  while (std::ssize(order) < steps) {
    std::vector<Step> next;
    for (const Step k : order) {
      next.push_back(k);
      next.push_back(2 * std::ssize(order) - 1 - k);
    }
    order = next;
  }
  return order;
}

Case chebyshev(double m, double M, Step steps, ChebyshevOrder order) {
  const std::vector<Step> fractal = fractal_order(steps);
  const auto reference = [=](Long at) {
    const Step t = std::min(static_cast<Step>(at), steps - 1);
    const Step k = order == ChebyshevOrder::descending  ? t
                   : order == ChebyshevOrder::ascending ? steps - 1 - t
                                                        : fractal[static_cast<std::size_t>(t)];
    return chebyshev_rate(m, M, static_cast<Long>(k), static_cast<Long>(steps));
  };
  return {Chebyshev{m, M, steps, order}, reference, 1.2 * static_cast<double>(steps)};
}

Case silver(double largest) {
  const auto reference = [=](Long t) {
    int twos = 0;
    for (auto n = static_cast<std::uint64_t>(t) + 1; n % 2 == 0; n /= 2) ++twos;
    return (1 + std::pow(1 + std::sqrt(2.0L), twos - 1)) / largest;
  };
  return {Silver{largest}, reference, 100};
}

/// A curve, by its q as a function of p and of 1 - p, which is exact here.
template <class Q>
Case along_q(const Schedule& s, double from, double to, double n, const Q& q) {
  const auto reference = [=](Long t) {
    const Long at = std::min(t, Long{n});
    return to + (Long{from} - to) * q(at / n, (n - at) / n);
  };
  return {s, reference, 1.2 * n, {n}};
}

std::vector<Case> curves(double from, double to, double n) {
  std::vector<Case> all;
  for (const double a : {0.3, 0.5, 1.0, 1.5, 7.0}) {
    all.push_back(along_q(power_curve(from, to, n, a), from, to, n,
                          [a](Long p, Long) { return 1 - std::pow(p, Long{a}); }));
    all.push_back(along_q(polynomial_curve(from, to, n, a), from, to, n,
                          [a](Long, Long left) { return std::pow(left, Long{a}); }));
  }
  for (const double r : {1e-3, 0.1, 0.5, 0.9, 1 - 1e-9})
    all.push_back(along_q(exponential_curve(from, to, n, r), from, to, n, [r](Long p, Long) {
      return (std::expm1(p * std::log(Long{r})) - (Long{r} - 1)) / (1 - Long{r});
    }));
  for (const auto& [low, high] : {std::pair(-7.0, 3.0), {-6.0, 4.0}, {0.1, 0.3}, {-400.0, 20.0}})
    all.push_back(along_q(tanh_curve(from, to, n, low, high), from, to, n,
                          [low = low, high = high](Long p, Long left) {
                            return (1 - std::tanh(low * left + high * p)) / 2;
                          }));
  return all;
}

}  // namespace

TEST_CASE("curves with an exponent are within 2 ulp of the peak") {
  for (const double n : {7.0, 100.0, 12345.5, 16777217.0, 1e15}) {
    check_cases(curves(0.1, 0, n));
    check_cases(curves(0.99, 0.01, n));
    check_cases(curves(0.015, 0.12, n));
  }
  check_cases(curves(0.3, -0.1, 1000));
  for (const Schedule& s :
       {rex(0.1, 0.3, 0), halving_curve(0.1, 0.3, 0), power_curve(0.1, 0.3, 0, 2),
        exponential_curve(0.1, 0.3, 0, 0.1), polynomial_curve(0.1, 0.3, 0, 2)})
    CHECK(s(0) == 0.3);
  CHECK(value(tanh_curve(0.1, 0.3, 0)(0)) == doctest::Approx(0.2995).epsilon(1e-4));
}

TEST_CASE("Chebyshev's and Silver's steps are within 2 ulp of the peak") {
  for (const auto order :
       {ChebyshevOrder::fractal, ChebyshevOrder::ascending, ChebyshevOrder::descending})
    for (const Step steps : {1, 2, 8, 32, 256, 65536})
      check_cases({chebyshev(0.1, 1, steps, order), chebyshev(0.01, 1, steps, order),
                   chebyshev(1e-9, 3, steps, order), chebyshev(0.7, 0.7, steps, order)});
  check_cases({chebyshev(0.05, 2, 12, ChebyshevOrder::descending),
               chebyshev(0.05, 2, 1001, ChebyshevOrder::ascending)});
  Case ours = silver(3);
  for (int k = 1; k <= 52; ++k) ours.boundaries.push_back(std::exp2(k));
  check_cases({ours, silver(0.7)});
}

TEST_CASE("a - b, min, max and skip are within 2 ulp of the peak") {
  const Case wave = {CosineDecay{0.1, 1000},
                     [](Long t) { return along_curve(Curve::cosine, 0.1, 0, t, 1000); }, 1200};
  const Case line = {linear(0.02, 0.09, 700),
                     [](Long t) { return along_curve(Curve::linear, 0.02, 0.09, t, 700); }, 1200};
  const auto both = [&](const Schedule& s, const auto& op) {
    return Case{s, [=](Long t) { return op(wave.reference(t), line.reference(t)); }, 1200};
  };
  const auto least = [](Long a, Long b) { return std::min(a, b); };
  const auto greatest = [](Long a, Long b) { return std::max(a, b); };
  check_cases({both(wave.schedule - line.schedule, std::minus<Long>()),
               both(min(wave.schedule, line.schedule), least),
               both(max(wave.schedule, line.schedule), greatest),
               {skip(wave.schedule, 300), [&](Long t) { return wave.reference(t + 300); }, 1200}});
}

TEST_CASE("the product of 1 - rate x over Chebyshev's steps is a ratio of Chebyshev polynomials") {
  const double m = 0.01, M = 1;
  for (const auto order :
       {ChebyshevOrder::fractal, ChebyshevOrder::ascending, ChebyshevOrder::descending})
    for (const Step steps : {1, 4, 32, 64}) {
      const Schedule s = Chebyshev{m, M, steps, order};
      const auto n = static_cast<double>(steps);
      const double whole = std::cosh(n * std::acosh((M + m) / (M - m)));  // T_n beyond 1
      CAPTURE(steps);
      for (const double x : {m, 0.1, 0.37, 0.8, M}) {
        double left = 1;
        for (Step t = 0; t < steps; ++t) left *= 1 - value(s(t)) * x;
        const double at = std::clamp((M + m - 2 * x) / (M - m), -1.0, 1.0);
        CHECK(left * whole == doctest::Approx(std::cos(n * std::acos(at))).epsilon(1e-9));
      }
      if (steps == 32) CHECK(1 / whole == doctest::Approx(0.0033).epsilon(0.02));
    }
}

TEST_CASE("the first 2^k - 1 of Silver's steps add up to rho^k - 1") {
  const Schedule s = Silver{1};
  for (int k = 1; k <= 16; ++k)
    CHECK(value(s.area((Step{1} << k) - 1)) ==
          doctest::Approx(std::pow(1 + std::sqrt(2.0), k) - 1).epsilon(1e-14));
  CHECK(s(0x1p53) == s(0));  // a double beyond is even, so that 2 does not divide the next number
  CHECK(s(0x1p53 - 1) > 1e19);
  CHECK(s(1e300) == s(0));
}
