#pragma once
/// Cyclic: up and down between two rates.

#include <gradus/schedules/algebra.h>
#include <gradus/schedules/curve.h>
#include <gradus/schedules/exponential_decay.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// The height of the cycles: always the same, halved each time, or times gamma^step.
enum class CyclicMode { triangular, triangular2, exp_range };
constexpr auto names_of(CyclicMode) {
  return std::array<std::string_view, 3>{"triangular", "triangular2", "exp_range"};
}

/// A straight line from base_learning_rate up to max_learning_rate in step_size_up steps, and down
/// again in step_size_down, repeated. (Smith 2017; names and defaults as in PyTorch's CyclicLR.)
/// Never ends. ValueError unless 0 <= base <= max, both step sizes and gamma are > 0, all finite.
///
/// With base_learning_rate 0, max_learning_rate 1, step_size_up 2:
///
/// | step        | 0 | 1   | 2    | 3     | 4 | 5    | 6    |
/// |-------------|---|-----|------|-------|---|------|------|
/// | triangular  | 0 | 0.5 | 1    | 0.5   | 0 | 0.5  | 1    |
/// | triangular2 | 0 | 0.5 | 1    | 0.5   | 0 | 0.25 | 0.5  |
/// | exp_range, gamma 0.9 | 0 | 0.45 | 0.81 | 0.3645 | 0 | 0.295245 | 0.531441 |
struct Cyclic {
  Real base_learning_rate, max_learning_rate;
  Steps step_size_up = 2000;
  std::optional<Steps> step_size_down = std::nullopt;  ///< none: the same as step_size_up
  CyclicMode mode = CyclicMode::triangular;
  Real gamma = 1.0;  ///< for exp_range

  static constexpr const char* formula =
      "base + (max - base) w(t) s, w between 0 and 1, s = 1, 0.5^cycle or gamma^t";
  static Cyclic example() { return {0.01, 0.1, 15, std::nullopt, CyclicMode::triangular2}; }

  Schedule composition() const {
    const Real height = max_learning_rate - base_learning_rate;
    const Schedule cycle =
        linear(0, height, step_size_up) >> linear(height, 0, step_size_down.value_or(step_size_up));
    switch (mode) {
      case CyclicMode::triangular2:
        return base_learning_rate + repeat(cycle, {.decay = 0.5});
      case CyclicMode::exp_range:
        return base_learning_rate + repeat(cycle) * ExponentialDecay{1, 1, gamma};
      case CyclicMode::triangular:
        break;
    }
    return base_learning_rate + repeat(cycle);
  }
  void validate() const {
    check(value(base_learning_rate) <= value(max_learning_rate),
          "Cyclic: max_learning_rate must be >= base_learning_rate (got {} and {})",
          value(max_learning_rate), value(base_learning_rate));
  }
  static void fields(auto& self, auto&& field) {
    field("base_learning_rate", self.base_learning_rate, rules::not_negative);
    field("max_learning_rate", self.max_learning_rate, rules::not_negative);
    field("step_size_up", self.step_size_up, rules::positive_steps, rules::optional);
    field("step_size_down", self.step_size_down, rules::positive_steps, rules::optional);
    field("mode", self.mode, rules::anything, rules::optional);
    field("gamma", self.gamma, rules::positive, rules::optional);
  }
};

}}  // namespace gradus
