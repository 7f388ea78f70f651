#pragma once
/// WarmupStableDecay: up, level, and down at the end.

#include <gradus/schedules/algebra.h>
#include <gradus/schedules/curve.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// From floor to learning_rate in warmup_steps, level for stable_steps, then to floor in
/// decay_steps, where the floor is min_ratio * learning_rate. (Hu et al. 2024; Haegele et al. 2024;
/// Hugging Face: warmup_stable_decay.) The level part makes it easy to train longer: only the decay
/// has to be run again. ValueError unless learning_rate and the steps are finite and >= 0 and
/// min_ratio is in [0, 1].
///
/// With learning_rate 1, warmup_steps 2, stable_steps 2, decay_steps 4:
///
/// | step                        | 0 | 1   | 2 | 3 | 4 | 5        | 6        | 7        | 8 |
/// |-----------------------------|---|-----|---|---|---|----------|----------|----------|---|
/// | decay_curve linear          | 0 | 0.5 | 1 | 1 | 1 | 0.75     | 0.5      | 0.25     | 0 |
/// | decay_curve cosine          | 0 | 0.5 | 1 | 1 | 1 | 0.853553 | 0.5      | 0.146447 | 0 |
/// | decay_curve one_minus_sqrt  | 0 | 0.5 | 1 | 1 | 1 | 0.5      | 0.292893 | 0.133975 | 0 |
struct WarmupStableDecay {
  Real learning_rate;
  Steps warmup_steps, stable_steps, decay_steps;
  Curve warmup_curve = Curve::linear, decay_curve = Curve::cosine;
  Real min_ratio = 0.0;

  static constexpr const char* formula =
      "min_ratio learning_rate up to learning_rate, hold, and down again";
  static WarmupStableDecay example() { return {0.1, 10, 60, 30}; }

  Schedule composition() const {
    const Real floor = min_ratio * learning_rate;
    return along(warmup_curve, floor, learning_rate, warmup_steps) >>
           hold(learning_rate, stable_steps) >>
           along(decay_curve, learning_rate, floor, decay_steps);
  }
  static void fields(auto& self, auto&& field) {
    field("learning_rate", self.learning_rate, rules::not_negative);
    field("warmup_steps", self.warmup_steps, rules::not_negative);
    field("stable_steps", self.stable_steps, rules::not_negative);
    field("decay_steps", self.decay_steps, rules::not_negative);
    field("warmup_curve", self.warmup_curve, rules::anything, rules::optional);
    field("decay_curve", self.decay_curve, rules::anything, rules::optional);
    field("min_ratio", self.min_ratio, rules::unit_interval, rules::optional);
  }
};

}}  // namespace gradus
