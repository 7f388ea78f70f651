#pragma once
/// StepDecay and MultiStepDecay: times a factor at certain steps.

#include <gradus/schedules/exponential_decay.h>
#include <gradus/schedules/schedule.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// initial_learning_rate * gamma^floor(step / step_size): ExponentialDecay's staircase under the
/// name that PyTorch (StepLR) and MLX (step_decay) give it.
///
/// ValueError unless initial_learning_rate >= 0, step_size > 0 and gamma > 0, all finite.
struct StepDecay {
  Real initial_learning_rate;
  Steps step_size;  ///< steps between two drops; may be fractional
  Real gamma = 0.1;

  static constexpr const char* formula = "initial_learning_rate gamma^floor(t / step_size)";
  static StepDecay example() { return {0.1, 30, 0.4}; }

  Schedule composition() const {
    return ExponentialDecay{initial_learning_rate, step_size, gamma, true};
  }
  static void fields(auto& self, auto&& field) {
    field("initial_learning_rate", self.initial_learning_rate, rules::not_negative);
    field("step_size", self.step_size, rules::positive_steps);
    field("gamma", self.gamma, rules::positive, rules::optional);
  }
};

/// initial_learning_rate * gamma^(how many milestones are <= step). PyTorch: MultiStepLR. (A
/// milestone is the first step of a value; a boundary of PiecewiseConstantDecay is the last.) Never
/// ends. A milestone given twice counts twice. ValueError unless initial_learning_rate and the
/// milestones are finite and >= 0, gamma is finite and > 0, and the milestones do not fall.
///
/// With initial_learning_rate 1, milestones {2, 3}, gamma 0.5:
///
/// | step | 0 | 1 | 2   | 3    | 4    |
/// |------|---|---|-----|------|------|
/// | rate | 1 | 1 | 0.5 | 0.25 | 0.25 |
struct MultiStepDecay {
  Real initial_learning_rate;
  std::vector<Steps> milestones;
  Real gamma = 0.1;

  static constexpr const char* formula =
      "initial_learning_rate gamma^(how many milestones are <= t)";
  static MultiStepDecay example() { return {0.1, {40, 70}, 0.4}; }

  Real operator()(Real step) const {
    using std::pow;
    const auto passed = std::partition_point(milestones.begin(), milestones.end(),
                                             [&](Steps m) { return m.count <= step; });
    return initial_learning_rate * pow(gamma, static_cast<Real>(passed - milestones.begin()));
  }
  void validate() const {
    for (std::size_t i = 1; i < milestones.size(); ++i)
      check(value(milestones[i - 1].count) <= value(milestones[i].count),
            "MultiStepDecay: milestones must not fall (got milestones[{}]={} after {})", i,
            value(milestones[i].count), value(milestones[i - 1].count));
  }
  static void fields(auto& self, auto&& field) {
    field("initial_learning_rate", self.initial_learning_rate, rules::not_negative);
    field("milestones", self.milestones, rules::not_negative);
    field("gamma", self.gamma, rules::positive, rules::optional);
  }
};

}}  // namespace gradus
