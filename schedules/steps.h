#pragma once
/// Counts of steps in a schedule's options, and exact arithmetic with them.

#include <gradus/core/fields.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A number of steps, perhaps fractional, from any number: `.decay_steps = epochs * batches`.
struct Steps {
  Steps() = default;
  template <class T>
  requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) ||
      std::is_same_v<T, Real> constexpr Steps(T n) : count(static_cast<Real>(n)) {}
  constexpr operator Real() const { return count; }
  Real count = 0;

  friend void check_field(std::string_view owner, std::string_view name, Steps steps,
                          const Rule& rule) {
    detail::check_field(owner, name, value(steps.count), rule);
  }
};

namespace detail {

inline constexpr double endless = std::numeric_limits<double>::infinity();

/// floor(step / length), exact below 2^53: the rounded quotient is off by one at most, which the
/// sign of the remainder shows, because fma rounds only once. A step within the rounding of a
/// decimal length belongs to the next cycle: ten times 1.1 is meant to be 11.
inline double whole_cycles(Real at, Steps length) {
  const double n = value(length.count), step = value(at);
  const double guess = std::floor(step / n);
  const double rest = std::fma(-guess, n, step);
  const double reach = std::min({step * 0x1p-50, n * 0x1p-20, 0x1p-20});
  return rest < -reach ? guess - 1 : rest >= n - reach ? guess + 1 : guess;
}

/// The remainder of that division; in [0, length] even where the quotient is beyond 2^53.
inline Real rest_of_cycle(Real step, Steps length) {
  using std::fma;
  const Real n = length.count;
  return std::min(n, std::max(Real(0), fma(Real(-whole_cycles(step, length)), n, step)));
}

/// Where a step falls in cycles that each last `grow` times as long as the one before.
struct Cycle {
  double index;  ///< 0, 1, 2, ...
  Real step;     ///< since the cycle began
  Real grown;    ///< grow^index
};

/// Cycle i begins at first (grow^i - 1) / (grow - 1); grow >= 1. A logarithm only guesses i. The
/// start is then computed with bits to spare, so that a step lies on its true side of a restart. A
/// step within the rounding of a decimal grow is the restart: 10 and 1.3 times 10 is 23.
Cycle find_cycle(Real step, Real first, Real grow);

/// ValueError unless the boundaries of a schedule in pieces rise strictly, one fewer than values.
void check_pieces(std::string_view owner, const std::vector<Steps>& boundaries, std::size_t values);

/// From `from` (left = 1) to `to` (left = 0), exact at both ends. `done` is 1 - left; the
/// caller passes both, each as precise as it can be near 0.
inline Real between(Real from, Real to, Real done, Real left) {
  return value(left) < 0.5 ? to + (from - to) * left : from + (to - from) * done;
}

/// (part / whole)^exponent, for part > 0. The power magnifies the rounding error of the ratio, so
/// it is corrected.
inline Real power_of_ratio(Real part, Real whole, Real exponent) {
  using std::pow, std::sqrt;
  const Real ratio = part / whole;
  if (is_zero(exponent - 1)) return ratio;
  if (is_zero(exponent - 0.5)) return sqrt(ratio);
  const double lost = std::fma(-value(ratio), value(whole), value(part)) / value(whole);
  const Real power = pow(ratio, exponent);
  return power + power * (exponent * (lost / ratio));
}

/// Straight from `from` at step 0 to `to` at step `steps`, and `to` beyond.
inline Real straight(Real from, Real to, Real step, Steps steps) {
  if (step >= steps.count) return to;
  return between(from, to, step / steps.count, (steps.count - step) / steps.count);
}

/// The same along half a wave of a cosine. 1 + cos would cancel digits away, so it is computed by
/// the sine of the small distance to the nearest of start, middle and end.
inline Real half_cosine(Real from, Real to, Real step, Steps steps) {
  using std::sin;
  constexpr double quarter_turn = 1.57079632679489661923;
  const Real n = steps.count;
  if (step >= n) return to;
  const auto sine = [&](Real distance) { return sin(quarter_turn * (distance / n)); };
  if (4 * step < n) {
    const Real s = sine(step);
    return from + (to - from) * (s * s);
  }
  if (4 * step <= 3 * n) return 0.5 * (from + to) + 0.5 * (from - to) * sine(n - 2 * step);
  const Real s = sine(n - step);
  return to + (from - to) * (s * s);
}

}  // namespace detail
}}  // namespace gradus
