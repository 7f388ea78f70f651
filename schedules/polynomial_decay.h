#pragma once
/// PolynomialDecay: follows a power of the time that is left.

#include <gradus/schedules/steps.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// (initial_learning_rate - end_learning_rate) * (1 - step / decay_steps)^power +
/// end_learning_rate, and end_learning_rate from decay_steps on. With `cycle` the time grows
/// instead, to the smallest multiple of decay_steps that reaches the step. At each multiple the
/// rate is end_learning_rate; one step later it is on a new, longer ramp. Keras:
/// keras.optimizers.schedules.PolynomialDecay. An end_learning_rate above the initial one makes a
/// warm-up. ValueError unless both rates are >= 0, decay_steps > 0 and power > 0, all finite.
///
/// With initial_learning_rate 0.1, decay_steps 4, end_learning_rate 0.01:
///
/// | step  | 0   | 1      | 2     | 3      | 4    | 5       | 6      |
/// |-------|-----|--------|-------|--------|------|---------|--------|
/// | plain | 0.1 | 0.0775 | 0.055 | 0.0325 | 0.01 | 0.01    | 0.01   |
/// | cycle | 0.1 | 0.0775 | 0.055 | 0.0325 | 0.01 | 0.04375 | 0.0325 |
struct PolynomialDecay {
  Real initial_learning_rate;
  Steps decay_steps;  ///< may be fractional
  Real end_learning_rate = 0.0001;
  Real power = 1.0;    ///< 1: a straight line; 2: fast first, then slow
  bool cycle = false;  ///< then it never ends
  std::optional<std::string> name = "PolynomialDecay";

  static constexpr const char* formula =
      "(initial_learning_rate - end_learning_rate) (1 - t / decay_steps)^power + end_learning_rate";
  static PolynomialDecay example() { return {0.1, 100, 0.001, 2}; }

  Real operator()(Real step) const {
    const bool beyond = step >= decay_steps.count;
    if (beyond && !cycle) return end_learning_rate;
    Real left = decay_steps.count - step, whole = decay_steps.count;
    if (beyond) {
      const Real rest = detail::rest_of_cycle(step, decay_steps);
      if (value(rest) == 0) return end_learning_rate;
      left = decay_steps.count - rest;
      whole = decay_steps.count * (detail::whole_cycles(step, decay_steps) + 1);
    }
    const Real remaining = detail::power_of_ratio(left, whole, power);
    return detail::between(initial_learning_rate, end_learning_rate, 1 - remaining, remaining);
  }
  Real duration() const { return cycle ? Real(detail::endless) : decay_steps.count; }
  static void fields(auto& self, auto&& field) {
    field("initial_learning_rate", self.initial_learning_rate, rules::not_negative);
    field("decay_steps", self.decay_steps, rules::positive_steps);
    field("end_learning_rate", self.end_learning_rate, rules::not_negative, rules::optional);
    field("power", self.power, rules::positive, rules::optional);
    field("cycle", self.cycle, rules::anything, rules::optional);
    field("name", self.name, rules::anything, rules::optional);
  }
};

}}  // namespace gradus
