#pragma once
/// Schedules against their textbook formulas in long double, at steps up to 2^52.
///
/// The unit of error is an ulp of the peak, the greatest value at the tested steps: the last bits
/// of rates near 0 do not count. The formulas are those of Keras and the papers, except that 1 - t
/// / n is (n - t) / n here: a power below 1 would magnify what the former cancels.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/random.h>
#include <gradus/schedules/known.h>

namespace accuracy {

using namespace gradus;

using Long = long double;
static_assert(std::numeric_limits<Long>::digits >= 64, "double cannot judge double");

inline constexpr Step last = Step{1} << 52;

struct Case {
  Schedule schedule;
  std::function<Long(Long)> reference;  ///< of a step, which a long double holds exactly
  double span;                          ///< the steps in which most of it happens
  std::vector<double> boundaries = {};  ///< tested with their neighbours
};

/// The largest error in ulps of the peak, and its step.
inline std::pair<double, Step> worst_ulps(const Schedule& schedule,
                                          const std::function<Long(Long)>& reference,
                                          const std::vector<Step>& steps) {
  Long peak = 0, worst = 0;
  Step where = 0;
  for (const Step t : steps) {
    const Long want = reference(static_cast<Long>(t));
    const Long error = std::abs(static_cast<Long>(value(schedule(t))) - want);
    peak = std::max(peak, std::abs(want));
    if (error > worst) worst = error, where = t;
  }
  const auto top = static_cast<double>(peak);
  const double ulp = std::nextafter(top, std::numeric_limits<double>::infinity()) - top;
  return {static_cast<double>(worst / ulp), where};
}

/// Evenly up to 2^52, evenly in the logarithm, and in the span; all boundaries and their
/// neighbours.
inline std::vector<Step> steps_for(const Case& c) {
  std::vector<Step> steps{0, 1, last - 1, last};
  for (const double b : c.boundaries)
    for (const double t : {std::ceil(b) - 1, std::floor(b), std::ceil(b), std::floor(b) + 1})
      if (t >= 0 && t <= 0x1p52) steps.push_back(static_cast<Step>(t));
  Random random(1, to_string(c.schedule));
  const double span = std::min(c.span, 0x1p52);
  while (steps.size() < 100'000) {
    steps.push_back(static_cast<Step>(random.uniform(0, 0x1p52)));
    steps.push_back(static_cast<Step>(std::exp2(random.uniform(0, 52))));
    steps.push_back(static_cast<Step>(random.uniform(0, span)));
  }
  return steps;
}

inline void check_cases(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const auto worst = worst_ulps(c.schedule, c.reference, steps_for(c));
    CAPTURE(to_string(c.schedule));
    CAPTURE(worst.second);
    CHECK(worst.first <= 2);
  }
}

/// Multiples of a period: the first fifty and fifty random ones.
inline std::vector<double> multiples(double period) {
  std::vector<double> out;
  Random random(2, "multiples");
  const double most = 0x1p52 / period;
  for (int k = 1; k <= 50; ++k)
    for (const double i : {static_cast<double>(k), std::exp2(random.uniform(0, std::log2(most)))})
      if (i <= most) out.push_back(std::floor(i) * period);
  return out;
}

/// The reference of the curves; `to` from step n on.
inline Long along_curve(Curve curve, Long from, Long to, Long t, Long n) {
  if (t >= n) return to;
  if (curve == Curve::cosine)
    return to + (from - to) * (1 + std::cos(std::numbers::pi_v<Long> * (t / n))) / 2;
  if (curve == Curve::linear) return from + (to - from) * (t / n);
  if (curve == Curve::rex) return to + (from - to) * ((n - t) / (n - t / 2));
  if (curve == Curve::halving) return to + (from - to) * (2 * std::pow(Long{0.5}, t / n) - 1);
  return from > to ? to + (from - to) * (1 - std::sqrt(t / n))
                   : from + (to - from) * (1 - std::sqrt((n - t) / n));
}

}  // namespace accuracy
