#pragma once
/// CosineDecayRestarts: cosine decays one after another (SGDR).

#include <gradus/schedules/steps.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Cycle i lasts first_decay_steps * t_mul^i steps; within it, with u from 0 to 1,
/// initial_learning_rate * ((1 - alpha) m_mul^i (1 + cos(pi u)) / 2 + alpha). The floor is a
/// fraction of initial_learning_rate, not of the cycle's peak. The step that ends a cycle begins
/// the next. Keras: keras.optimizers.schedules.CosineDecayRestarts; Loshchilov & Hutter 2017. Never
/// ends. ValueError unless initial_learning_rate and m_mul are >= 0, first_decay_steps > 0, t_mul
/// >= 1, all finite, and alpha in [0, 1].
///
/// With initial_learning_rate 0.1, first_decay_steps 2, t_mul 2, m_mul 0.5:
///
/// | step | 0   | 1    | 2    | 3        | 4     | 5        | 6     | 10    |
/// |------|-----|------|------|----------|-------|----------|-------|-------|
/// | rate | 0.1 | 0.05 | 0.05 | 0.042678 | 0.025 | 0.007322 | 0.025 | 0.0125 |
struct CosineDecayRestarts {
  Real initial_learning_rate;
  Steps first_decay_steps;  ///< may be fractional
  Real t_mul = 2.0;         ///< each cycle is this many times as long as the one before
  Real m_mul = 1.0;         ///< each cycle is this many times as high as the one before
  Real alpha = 0.0;         ///< the floor, as a fraction of initial_learning_rate
  std::optional<std::string> name = "SGDRDecay";

  static constexpr const char* formula =
      "initial_learning_rate ((1 - alpha) m_mul^i (1 + cos(pi u)) / 2 + alpha), u from 0 to 1 in "
      "cycle i, which lasts first_decay_steps t_mul^i";
  static CosineDecayRestarts example() {
    return {.initial_learning_rate = 0.1, .first_decay_steps = 15, .m_mul = 0.7};
  }

  Real operator()(Real step) const {
    using std::pow;
    const detail::Cycle cycle = detail::find_cycle(step, first_decay_steps.count, t_mul);
    const Real height = (1 - alpha) * pow(m_mul, Real(cycle.index));
    return detail::half_cosine(initial_learning_rate * (height + alpha),
                               initial_learning_rate * alpha, cycle.step,
                               first_decay_steps.count * cycle.grown);
  }
  static void fields(auto& self, auto&& field) {
    field("initial_learning_rate", self.initial_learning_rate, rules::not_negative);
    field("first_decay_steps", self.first_decay_steps, rules::positive_steps);
    field("t_mul", self.t_mul, rules::at_least_one, rules::optional);
    field("m_mul", self.m_mul, rules::not_negative, rules::optional);
    field("alpha", self.alpha, rules::unit_interval, rules::optional);
    field("name", self.name, rules::anything, rules::optional);
  }
};

}}  // namespace gradus
