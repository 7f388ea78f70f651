#pragma once
/// Curves from one value to another, and hold.

#include <array>

#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A curve that needs no further numbers. Texts use the same names in quotes:
/// `curve="cosine"`.
enum class Curve { linear, cosine, one_minus_sqrt, rex, halving };
constexpr auto names_of(Curve) {
  return std::array<std::string_view, 5>{"linear", "cosine", "one_minus_sqrt", "rex", "halving"};
}

/// Each goes from `from` at step 0 to `to` at step `steps`, both exact (except tanh_curve), and
/// stays there. It may rise or fall; 0 steps begin at `to`. ValueError unless from and to are
/// finite and steps >= 0.
///
/// With from 0.1, to 0, steps 4:
///
/// | step           | 0   | 1        | 2        | 3        | 4 |
/// |----------------|-----|----------|----------|----------|---|
/// | linear         | 0.1 | 0.075    | 0.05     | 0.025    | 0 |
/// | cosine         | 0.1 | 0.085355 | 0.05     | 0.014645 | 0 |
/// | one_minus_sqrt | 0.1 | 0.05     | 0.029289 | 0.013397 | 0 |
/// | rex            | 0.1 | 0.085714 | 0.066667 | 0.04     | 0 |
/// | halving_curve  | 0.1 | 0.068179 | 0.041421 | 0.018921 | 0 |
///
/// In the formulas below p = step / steps, and the value is to + (from - to) q.
Schedule linear(Real from, Real to, Steps steps);
Schedule cosine(Real from, Real to, Steps steps);
/// Steepest at its higher end, rising or falling (Haegele et al. 2024, for the cooldown).
Schedule one_minus_sqrt(Real from, Real to, Steps steps);
/// q = (1 - p) / (1 - p / 2): steepest at its end (Chen et al. 2021, REX).
Schedule rex(Real from, Real to, Steps steps);
/// q = 2 * 0.5^p - 1 (Megatron-LM's "exponential" decay).
Schedule halving_curve(Real from, Real to, Steps steps);
/// q = 1 - p^exponent (timm); 0.5 is one_minus_sqrt falling. ValueError unless exponent > 0.
Schedule power_curve(Real from, Real to, Steps steps, Real exponent);
/// q = (ratio^p - ratio) / (1 - ratio) (timm). ValueError unless 0 < ratio < 1.
Schedule exponential_curve(Real from, Real to, Steps steps, Real ratio);
/// q = (1 - p)^exponent: PolynomialDecay between any two values. ValueError unless exponent > 0.
Schedule polynomial_curve(Real from, Real to, Steps steps, Real exponent);
/// q = (1 - tanh(lower (1 - p) + upper p)) / 2 (Hsueh et al. 2018). With the defaults q goes from
/// 0.9999992 to 0.0025. ValueError unless lower < upper, both finite.
Schedule tanh_curve(Real from, Real to, Steps steps, Real lower = -7, Real upper = 3);
/// The curve with the name `curve`.
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

struct Rex {
  Real from, to;
  Steps steps;
  static constexpr const char* text_name = "rex";
  static constexpr const char* formula = "to + (from - to) (1 - p) / (1 - p / 2), p = t / steps";
  static Rex example() { return {0.1, 0, 100}; }

  Real operator()(Real step) const;
  Real duration() const { return steps.count; }
  static void fields(auto& self, auto&& field) { Linear::fields(self, field); }
};

struct HalvingCurve {
  Real from, to;
  Steps steps;
  static constexpr const char* text_name = "halving_curve";
  static constexpr const char* formula = "to + (from - to) (2 * 0.5^p - 1), p = t / steps";
  static HalvingCurve example() { return {0.1, 0, 100}; }

  Real operator()(Real step) const;
  Real duration() const { return steps.count; }
  static void fields(auto& self, auto&& field) { Linear::fields(self, field); }
};

struct PowerCurve {
  Real from, to;
  Steps steps;
  Real exponent;
  static constexpr const char* text_name = "power_curve";
  static constexpr const char* formula = "to + (from - to) (1 - p^exponent), p = t / steps";
  static PowerCurve example() { return {0.1, 0, 100, 2}; }

  Real operator()(Real step) const;
  Real duration() const { return steps.count; }
  static void fields(auto& self, auto&& field) {
    Linear::fields(self, field);
    field("exponent", self.exponent, rules::positive);
  }
};

struct PolynomialCurve {
  Real from, to;
  Steps steps;
  Real exponent;
  static constexpr const char* text_name = "polynomial_curve";
  static constexpr const char* formula = "to + (from - to) (1 - p)^exponent, p = t / steps";
  static PolynomialCurve example() { return {0.1, 0, 100, 2}; }

  Real operator()(Real step) const;
  Real duration() const { return steps.count; }
  static void fields(auto& self, auto&& field) { PowerCurve::fields(self, field); }
};

struct ExponentialCurve {
  Real from, to;
  Steps steps;
  Real ratio;
  static constexpr const char* text_name = "exponential_curve";
  static constexpr const char* formula =
      "to + (from - to) (ratio^p - ratio) / (1 - ratio), p = t / steps";
  static ExponentialCurve example() { return {0.1, 0, 100, 0.1}; }

  Real operator()(Real step) const;
  Real duration() const { return steps.count; }
  static void fields(auto& self, auto&& field) {
    Linear::fields(self, field);
    field("ratio", self.ratio, rules::inside_unit_interval);
  }
};

struct TanhCurve {
  Real from, to;
  Steps steps;
  Real lower = -7, upper = 3;
  static constexpr const char* text_name = "tanh_curve";
  static constexpr const char* formula =
      "to + (from - to) (1 - tanh(lower (1 - p) + upper p)) / 2, p = t / steps";
  static TanhCurve example() { return {0.1, 0, 100}; }

  Real operator()(Real step) const;
  Real duration() const { return steps.count; }
  void validate() const;
  static void fields(auto& self, auto&& field) {
    Linear::fields(self, field);
    field("lower", self.lower, rules::finite_number, rules::optional);
    field("upper", self.upper, rules::finite_number, rules::optional);
  }
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
