#pragma once
/// InverseSqrt and Noam: fall as one over the square root of time.

#include <gradus/schedules/algebra.h>
#include <gradus/schedules/curve.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// initial_learning_rate * (1 + step / timescale)^-exponent: with exponent 0.5, half the rate after
/// 3 timescales. `linear(0, rate, steps) >> InverseSqrt{rate, steps}` is Hugging Face's
/// inverse_sqrt; the exponent is from timm's rsqrt. Never ends. ValueError unless
/// initial_learning_rate >= 0, timescale > 0 and exponent > 0, all finite.
///
/// With initial_learning_rate 0.1, timescale 4:
///
/// | step | 0   | 1        | 5        | 12   | 32       |
/// |------|-----|----------|----------|------|----------|
/// | rate | 0.1 | 0.089443 | 0.066667 | 0.05 | 0.033333 |
struct InverseSqrt {
  Real initial_learning_rate;  ///< the value at step 0
  Steps timescale;
  Real exponent = 0.5;

  static constexpr const char* formula = "initial_learning_rate (1 + t / timescale)^-exponent";
  static InverseSqrt example() { return {0.1, 10}; }

  Real operator()(Real step) const {
    const Real n = timescale.count;
    return initial_learning_rate * detail::power_of_ratio(n, step + n, exponent);
  }
  static void fields(auto& self, auto&& field) {
    field("initial_learning_rate", self.initial_learning_rate, rules::not_negative);
    field("timescale", self.timescale, rules::positive_steps);
    field("exponent", self.exponent, rules::positive, rules::optional);
  }
};

/// factor * model_size^-0.5 * min(n^-0.5, n * warmup_steps^-1.5) with n = step + 1: a straight line
/// up for warmup_steps updates, then InverseSqrt (Vaswani et al. 2017, section 5.3). Never ends.
/// ValueError unless model_size > 0, warmup_steps >= 1 and factor >= 0, all finite.
///
/// With model_size 1, warmup_steps 4:
///
/// | step | 0     | 1    | 2     | 3   | 8        | 15   |
/// |------|-------|------|-------|-----|----------|------|
/// | rate | 0.125 | 0.25 | 0.375 | 0.5 | 0.333333 | 0.25 |
struct Noam {
  Real model_size;
  Steps warmup_steps;
  Real factor = 1.0;

  static constexpr const char* formula =
      "factor model_size^-0.5 min(n^-0.5, n warmup_steps^-1.5), n = t + 1";
  static Noam example() { return {.model_size = 512, .warmup_steps = 20}; }

  Schedule composition() const {
    using std::sqrt;
    const Real peak = factor / sqrt(model_size * warmup_steps.count);
    return Linear{peak / warmup_steps.count, peak, warmup_steps.count - 1} >>
           InverseSqrt{peak, warmup_steps};
  }
  static void fields(auto& self, auto&& field) {
    field("model_size", self.model_size, rules::positive);
    field("warmup_steps", self.warmup_steps, rules::at_least_one);
    field("factor", self.factor, rules::not_negative, rules::optional);
  }
};

}}  // namespace gradus
