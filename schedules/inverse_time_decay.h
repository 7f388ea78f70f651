#pragma once
/// InverseTimeDecay: falls as 1 / t.

#include <gradus/schedules/steps.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// initial_learning_rate / (1 + decay_rate * step / decay_steps), with the quotient rounded down if
/// `staircase`. Keras: keras.optimizers.schedules.InverseTimeDecay. Never ends. ValueError unless
/// all are finite, decay_steps > 0 and both rates >= 0.
///
/// With initial_learning_rate 0.1, decay_steps 2, decay_rate 1:
///
/// | step      | 0   | 1        | 2    | 3    | 4        | 5        |
/// |-----------|-----|----------|------|------|----------|----------|
/// | smooth    | 0.1 | 0.066667 | 0.05 | 0.04 | 0.033333 | 0.028571 |
/// | staircase | 0.1 | 0.1      | 0.05 | 0.05 | 0.033333 | 0.033333 |
struct InverseTimeDecay {
  Real initial_learning_rate;  ///< the value at step 0
  Steps decay_steps;           ///< may be fractional
  Real decay_rate;             ///< 1 halves the rate after decay_steps; 0: constant
  bool staircase = false;      ///< hold the value within each decay_steps
  std::optional<std::string> name = "InverseTimeDecay";

  static constexpr const char* formula = "initial_learning_rate / (1 + decay_rate t / decay_steps)";
  static InverseTimeDecay example() { return {0.1, 10, 1}; }

  Real operator()(Real step) const {
    const Real quotient =
        staircase ? Real(detail::whole_cycles(step, decay_steps)) : step / decay_steps.count;
    return initial_learning_rate / (1 + decay_rate * quotient);
  }
  static void fields(auto& self, auto&& field) {
    field("initial_learning_rate", self.initial_learning_rate, rules::not_negative);
    field("decay_steps", self.decay_steps, rules::positive_steps);
    field("decay_rate", self.decay_rate, rules::not_negative);
    field("staircase", self.staircase, rules::anything, rules::optional);
    field("name", self.name, rules::anything, rules::optional);
  }
};

}}  // namespace gradus
