#pragma once
/// CosineDecay: half a wave down, after an optional warm-up.

#include <gradus/schedules/steps.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// peak * ((1 - alpha) (1 + cos(pi step / decay_steps)) / 2 + alpha), and peak * alpha from
/// decay_steps on. The peak is initial_learning_rate. A warmup_target is the peak instead: the rate
/// rises in a straight line from initial_learning_rate to it over warmup_steps, and the decay
/// follows, so the schedule lasts warmup_steps + decay_steps. Keras:
/// keras.optimizers.schedules.CosineDecay; Loshchilov & Hutter 2017. ValueError unless the rates
/// are finite and >= 0, decay_steps > 0, alpha in [0, 1], and warmup_steps >= 0, > 0 only with a
/// warmup_target.
///
/// With initial_learning_rate 0.1, decay_steps 4, alpha 0.2; warmup_target 0.5, warmup_steps 2:
///
/// | step    | 0   | 1        | 2    | 3        | 4    | 5        | 6   |
/// |---------|-----|----------|------|----------|------|----------|-----|
/// | plain   | 0.1 | 0.088284 | 0.06 | 0.031716 | 0.02 | 0.02     | 0.02 |
/// | warm-up | 0.1 | 0.3      | 0.5  | 0.441421 | 0.3  | 0.158579 | 0.1 |
struct CosineDecay {
  Real initial_learning_rate;
  Steps decay_steps;  ///< of the decay alone; may be fractional
  Real alpha = 0.0;   ///< the rate at the end, as a fraction of the peak
  std::optional<std::string> name = "CosineDecay";
  std::optional<Real> warmup_target = std::nullopt;
  Steps warmup_steps = 0;  ///< 0 with a target: starts at the target

  static constexpr const char* formula =
      "initial_learning_rate ((1 - alpha) (1 + cos(pi t / decay_steps)) / 2 + alpha)";
  static CosineDecay example() { return {.initial_learning_rate = 0.1, .decay_steps = 100}; }

  Real operator()(Real step) const {
    if (step < warmup_steps.count)
      return detail::straight(initial_learning_rate, *warmup_target, step, warmup_steps);
    const Real peak = warmup_target.value_or(initial_learning_rate);
    return detail::half_cosine(peak, peak * alpha, step - warmup_steps.count, decay_steps);
  }
  Real duration() const { return warmup_steps.count + decay_steps.count; }
  void validate() const {
    check(warmup_target || value(warmup_steps.count) == 0,
          "CosineDecay: warmup_steps must come with a warmup_target (got warmup_steps={} without)",
          value(warmup_steps.count));
  }
  static void fields(auto& self, auto&& field) {
    field("initial_learning_rate", self.initial_learning_rate, rules::not_negative);
    field("decay_steps", self.decay_steps, rules::positive_steps);
    field("alpha", self.alpha, rules::unit_interval, rules::optional);
    field("name", self.name, rules::anything, rules::optional);
    field("warmup_target", self.warmup_target, rules::not_negative, rules::optional);
    field("warmup_steps", self.warmup_steps, rules::not_negative, rules::optional);
  }
};

}}  // namespace gradus
