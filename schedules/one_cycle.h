#pragma once
/// OneCycle: up, then down to almost 0.

#include <gradus/schedules/algebra.h>
#include <gradus/schedules/curve.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// From max_learning_rate / div_factor up to max_learning_rate in pct_start * total_steps, then
/// down to max_learning_rate / div_factor / final_div_factor at total_steps. With three_phase it
/// first goes down the way it came up, and then on to the end. (Smith 2018; names as in PyTorch.)
///
/// PyTorch ends at step total_steps - 1, and Optax rounds the steps of the phases down to whole
/// ones; in gradus N steps always mean that the end is reached at step N. schedules/README.md has
/// the expressions for their variants. The matching momentum is `mirror(rate, 0.95, 0.85)`.
///
/// With max_learning_rate 1, total_steps 100:
///
/// | step | 0    | 15   | 30 | 65       | 100   |
/// |------|------|------|----|----------|-------|
/// | rate | 0.04 | 0.52 | 1  | 0.500002 | 4e-06 |
///
/// ValueError unless max_learning_rate >= 0, total_steps > 0, pct_start in [0, 1] (with
/// three_phase at most 0.5), and the factors > 0, all finite.
struct OneCycle {
  Real max_learning_rate;
  Steps total_steps;
  Real pct_start = 0.3;  ///< the fraction of total_steps spent going up
  Curve anneal_strategy = Curve::cosine;
  Real div_factor = 25.0, final_div_factor = 1e4;
  bool three_phase = false;

  static constexpr const char* formula =
      "max / div_factor to max in pct_start total_steps, then to max / div_factor / "
      "final_div_factor";
  static OneCycle example() { return {.max_learning_rate = 0.1, .total_steps = 100}; }

  Schedule composition() const {
    const Real low = max_learning_rate / div_factor, end = low / final_div_factor;
    const Real up = pct_start * total_steps.count;
    const Schedule rise = along(anneal_strategy, low, max_learning_rate, up);
    if (!three_phase)
      return rise >> along(anneal_strategy, max_learning_rate, end, total_steps.count - up);
    return rise >> along(anneal_strategy, max_learning_rate, low, up) >>
           along(anneal_strategy, low, end, total_steps.count - 2 * up);
  }
  void validate() const {
    check(!three_phase || value(pct_start) <= 0.5,
          "OneCycle: pct_start must be <= 0.5 with three_phase (got {})", value(pct_start));
  }
  static void fields(auto& self, auto&& field) {
    field("max_learning_rate", self.max_learning_rate, rules::not_negative);
    field("total_steps", self.total_steps, rules::positive_steps);
    field("pct_start", self.pct_start, rules::unit_interval, rules::optional);
    field("anneal_strategy", self.anneal_strategy, rules::anything, rules::optional);
    field("div_factor", self.div_factor, rules::positive, rules::optional);
    field("final_div_factor", self.final_div_factor, rules::positive, rules::optional);
    field("three_phase", self.three_phase, rules::anything, rules::optional);
  }
};

}}  // namespace gradus
