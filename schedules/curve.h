#pragma once
/// Curves from one value to another: linear, cosine, one_minus_sqrt, hold.

#include <array>

#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The shape of a curve. Texts use the same names in quotes: `curve="cosine"`.
enum class Curve { linear, cosine, one_minus_sqrt };
constexpr auto names_of(Curve) {
  return std::array<std::string_view, 3>{"linear", "cosine", "one_minus_sqrt"};
}

/// Each goes from `from` at step 0 to `to` at step `steps`, both exact, and stays there. It may
/// rise or fall; 0 steps begin at `to`. ValueError unless from and to are finite and steps >= 0.
///
/// With from 0.1, to 0, steps 4:
///
/// | step           | 0   | 1        | 2        | 3        | 4 |
/// |----------------|-----|----------|----------|----------|---|
/// | linear         | 0.1 | 0.075    | 0.05     | 0.025    | 0 |
/// | cosine         | 0.1 | 0.085355 | 0.05     | 0.014645 | 0 |
/// | one_minus_sqrt | 0.1 | 0.05     | 0.029289 | 0.013397 | 0 |
Schedule linear(Real from, Real to, Steps steps);
Schedule cosine(Real from, Real to, Steps steps);
/// Steepest at its higher end, rising or falling (Haegele et al. 2024, for the cooldown).
Schedule one_minus_sqrt(Real from, Real to, Steps steps);
/// The one that `curve` names.
Schedule along(Curve curve, Real from, Real to, Steps steps);
/// `rate` for a number of steps, so that something may follow: `hold(0.1, 50) >> ...`.
Schedule hold(Real rate, Steps steps);

namespace detail {
/// along(curve, from, to, steps) at a step.
Real value_along(Curve curve, Real from, Real to, Real step, Steps steps);
}  // namespace detail

// ---- the structs behind the functions -----------------------------------------------------------

struct Linear {
  Real from, to;
  Steps steps;
  static constexpr const char *text_name = "linear", *formula = "from + (to - from) t / steps";
  static Linear example() { return {0, 0.1, 100}; }

  Real operator()(Real step) const { return detail::straight(from, to, step, steps); }
  Real duration() const { return steps.count; }
  static void fields(auto& self, auto&& field) {
    field("from", self.from, rules::finite_number), field("to", self.to, rules::finite_number);
    field("steps", self.steps, rules::not_negative);
  }
};

struct Cosine {
  Real from, to;
  Steps steps;
  static constexpr const char* text_name = "cosine";
  static constexpr const char* formula = "from + (to - from) (1 - cos(pi t / steps)) / 2";
  static Cosine example() { return {0, 0.1, 100}; }

  Real operator()(Real step) const { return detail::half_cosine(from, to, step, steps); }
  Real duration() const { return steps.count; }
  static void fields(auto& self, auto&& field) { Linear::fields(self, field); }
};

struct OneMinusSqrt {
  Real from, to;
  Steps steps;
  static constexpr const char* text_name = "one_minus_sqrt";
  static constexpr const char* formula =
      "to + (from - to) (1 - sqrt(t / steps)) falling; rising, its mirror image";
  static OneMinusSqrt example() { return {0.1, 0, 100}; }

  Real operator()(Real step) const;
  Real duration() const { return steps.count; }
  static void fields(auto& self, auto&& field) { Linear::fields(self, field); }
};

struct Hold {
  Real rate;
  Steps steps;
  static constexpr const char *text_name = "hold", *formula = "rate";
  static Hold example() { return {0.1, 100}; }

  Real operator()(Real) const { return rate; }
  Real duration() const { return steps.count; }
  static void fields(auto& self, auto&& field) {
    field("rate", self.rate, rules::finite_number), field("steps", self.steps, rules::not_negative);
  }
};

}}  // namespace gradus
