#pragma once
/// ExponentialDecay: the same factor every decay_steps, smoothly or in stairs.

#include <gradus/schedules/steps.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// initial_learning_rate * decay_rate ^ (step / decay_steps), with the exponent rounded down if
/// `staircase`. Keras: keras.optimizers.schedules.ExponentialDecay. Never ends. A decay_rate above
/// 1 grows, until the value overflows (NumericError). ValueError unless initial_learning_rate >= 0,
/// decay_steps > 0 and decay_rate > 0, all finite.
///
/// With initial_learning_rate 0.1, decay_steps 2, decay_rate 0.5:
///
/// | step      | 0   | 1        | 2    | 3        | 4     | 5        |
/// |-----------|-----|----------|------|----------|-------|----------|
/// | smooth    | 0.1 | 0.070711 | 0.05 | 0.035355 | 0.025 | 0.017678 |
/// | staircase | 0.1 | 0.1      | 0.05 | 0.05     | 0.025 | 0.025    |
struct ExponentialDecay {
  Real initial_learning_rate;  ///< the value at step 0
  Steps decay_steps;           ///< steps per factor; may be fractional
  Real decay_rate;             ///< the factor; 0.5 halves
  bool staircase = false;      ///< hold the value within each decay_steps
  std::optional<std::string> name = "ExponentialDecay";

  static constexpr const char* formula = "initial_learning_rate decay_rate^(t / decay_steps)";
  static ExponentialDecay example() { return {0.1, 20, 0.5, true}; }

  Real operator()(Real step) const {
    using std::log, std::pow;
    if (staircase)
      return initial_learning_rate * pow(decay_rate, Real(detail::whole_cycles(step, decay_steps)));
    const Real exponent = step / decay_steps.count, power = pow(decay_rate, exponent);
    if (value(decay_rate) <= 1) return initial_learning_rate * power;
    // A growing power magnifies the rounding of its exponent, so the lost part is put back.
    const double lost = std::fma(-value(exponent), value(decay_steps.count), value(step));
    return initial_learning_rate * power * (1 + lost / decay_steps.count * log(decay_rate));
  }
  static void fields(auto& self, auto&& field) {
    field("initial_learning_rate", self.initial_learning_rate, rules::not_negative);
    field("decay_steps", self.decay_steps, rules::positive_steps);
    field("decay_rate", self.decay_rate, rules::positive);
    field("staircase", self.staircase, rules::anything, rules::optional);
    field("name", self.name, rules::anything, rules::optional);
  }
};

}}  // namespace gradus
