#include <gradus/schedules/worst_case.h>

#include <doctest/doctest.h>

#include <cmath>

#include <gradus/schedules/algebra.h>
#include <gradus/schedules/cosine_decay.h>
#include <gradus/schedules/curve.h>
#include <gradus/schedules/exponential_decay.h>
#include <gradus/schedules/step_decay.h>

using namespace gradus;
using doctest::Approx;
using doctest::Contains;

TEST_CASE("shape constants over 1,000 steps are those of the literature") {
  const auto shape = [](const Schedule& s) { return worst_case(s, 1000).shape; };
  CHECK(shape(linear(1, 0, 1000)) == Approx(2.006).epsilon(3e-4));
  CHECK(shape(one_minus_sqrt(1, 0, 1000)) == Approx(2.019).epsilon(3e-4));
  CHECK(shape(CosineDecay{1, 1000}) == Approx(2.063).epsilon(3e-4));
  CHECK(shape(hold(1, 800) >> linear(1, 0, 200)) == Approx(2.173).epsilon(3e-4));
  CHECK(shape(MultiStepDecay{1, {500, 750}}) == Approx(2.495).epsilon(3e-4));
  CHECK(shape(1) == Approx(2.913).epsilon(3e-4));
}

TEST_CASE("the best peak and the shape do not depend on the size of the rates") {
  const WorstCase plain = worst_case(CosineDecay{1, 300}, 300);
  for (const double size : {1e-200, 1e-3, 1e100}) {
    CAPTURE(size);
    const WorstCase w = worst_case(CosineDecay{size, 300}, 300);
    CHECK(w.shape == Approx(plain.shape).epsilon(1e-12));
    CHECK(w.best_peak == Approx(plain.best_peak).epsilon(1e-12));
    CHECK(w.rate_ratio == Approx(plain.rate_ratio).epsilon(1e-12));
    CHECK(w.linear_ratio == Approx(plain.linear_ratio).epsilon(1e-12));
  }
  CHECK(worst_case(linear(0.3, 0, 50), 50).linear_ratio == Approx(1).epsilon(1e-12));
  CHECK(worst_case(0.3, 50).bound_ratio == Approx(1).epsilon(1e-12));
}

TEST_CASE("the best factor gives the best bound, and distance and norms scale it") {
  const Schedule s = ExponentialDecay{0.4, 10, 0.7};
  const WorstCase w = worst_case(s, 60, {.distance = 3, .gradient_norms = {0.5}});
  CHECK(worst_case(w.best_factor * s, 60, {.distance = 3, .gradient_norms = {0.5}}).bound ==
        Approx(w.best_bound).epsilon(1e-12));
  const WorstCase unit = worst_case(s, 60);
  CHECK(w.best_bound == Approx(1.5 * unit.best_bound).epsilon(1e-12));
  CHECK(w.best_peak == Approx(6 * unit.best_peak).epsilon(1e-12));
  CHECK(w.shape == Approx(unit.shape).epsilon(1e-12));
  const WorstCase listed =
      worst_case(s, 60, {.distance = 3, .gradient_norms = std::vector<double>(70, 0.5)});
  CHECK(std::isnan(listed.shape));
  CHECK(listed.best_bound == w.best_bound);
}

TEST_CASE("only rates of exactly 0 at the end are dropped, and they count as steps") {
  const WorstCase w = worst_case(linear(0.1, 0, 50), 100),
                  half = worst_case(linear(0.1, 0, 50), 50);
  CHECK(w.kept_steps == 50);
  CHECK(w.bound == half.bound);
  CHECK(w.shape == Approx(half.shape * std::sqrt(2)).epsilon(1e-12));
  const WorstCase tiny = worst_case(hold(0.1, 50) >> hold(1e-300, 1), 51);
  CHECK(tiny.kept_steps == 51);
  CHECK(tiny.linear_ratio > 1e100);
  const double rates[] = {0, 0.1, 0, 0.1, 0, 0};
  CHECK(worst_case_terms(rates).kept == 4);
}

TEST_CASE("a subgradient run ends below its bound") {
  const Schedule s = CosineDecay{0.3, 40};  // f = |x| from x = 1, so D = G = 1
  double x = 1;
  std::vector<double> rates;
  for (int t = 0; t < 40; ++t) {
    rates.push_back(value(s(t)));
    const WorstCaseTerms terms = worst_case_terms(rates);
    CHECK(std::abs(x) <= terms.distance + terms.noise());
    x -= rates.back() * (x < 0 ? -1 : 1);
  }
}

TEST_CASE("worst_case refuses rates, norms and distances out of range") {
  const auto refused = [](const Schedule& s, Step steps, const WorstCaseOptions& options,
                          const char* error) {
    CHECK_THROWS_WITH_AS(worst_case(s, steps, options), Contains(error), ValueError);
  };
  refused(0.1, 0, {}, "worst_case: steps must be >= 1 (got 0)");
  refused(0, 7, {}, "worst_case: a rate must be > 0 (got 0 in each of 7 steps)");
  refused(linear(0.5, -0.5, 2), 3, {}, "the rate must be finite and >= 0 (got -0.5 at step 2)");
  refused(0.1, 7, {.distance = 0}, "worst_case: distance must be finite and > 0 (got 0)");
  refused(0.1, 7, {.distance = std::nan("")}, "distance must be finite and > 0 (got nan)");
  refused(0.1, 2, {.gradient_norms = {1, -1}}, "gradient_norms must be finite and >= 0 (got -1");
  refused(0.1, 3, {.gradient_norms = {1, 1}}, "gradient_norms must hold one for each of 3 steps");
  refused(0.1, 3, {.gradient_norms = {0}}, "gradient_norms must be > 0 where a rate is");
  refused(0.1, 3, {.gradient_norms = {1e200}}, "norms must have a finite sum of squares (got inf)");
  CHECK_THROWS_WITH_AS(refined_rates(std::vector<double>{1}),
                       "refined_rates: norms must hold two or more (got 1)", ValueError);
  CHECK_THROWS_AS(refined_rates(std::vector<double>{1, 0}), ValueError);
  CHECK_THROWS_WITH_AS(refined_rates(std::vector<double>{1e200, 1e200, 1e-200}, 2, false),
                       Contains("norms must be closer together"), ValueError);
}

TEST_CASE("refined rates of equal norms fall linearly to 0") {
  for (const bool filtered : {false, true}) {
    const std::vector<double> rates = refined_rates(std::vector<double>(100, 0.25), 2, filtered);
    for (std::size_t t = 0; t < 100; ++t)
      CHECK(rates[t] == Approx(1 - static_cast<double>(t) / 99).epsilon(1e-12));
  }
}
