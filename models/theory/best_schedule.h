#pragma once
/// The best schedule of a given length for a linear model, and the slopes of its final loss.

#include <gradus/models/expected_loss.h>
#include <gradus/schedules/piecewise_interpolation.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Element t is the derivative of the expected loss after the last update by the rate of update t,
/// with the other rates fixed, by one sweep forward and one back. Errors as best_schedule().
std::vector<double> gradient_by_rate(const ExpectedOptions& options);

/// When best_schedule() ends.
struct DescentOptions {
  Count passes = 200;       ///< forward and back, at most
  double tolerance = 1e-9;  ///< least fall of the loss above its minimum in a pass, relative
};

struct BestSchedule {
  std::vector<double> rates = {};  ///< one for each update
  double loss = 0;                 ///< expected after the last update
  Schedule schedule = 0.0;         ///< PiecewiseInterpolation: rates[t] at each step t
};

/// The rates that give the least expected loss after options.steps updates: what a schedule of that
/// length can do on these data. The final loss is a quadratic in each single rate. A pass takes one
/// rate after the other to its minimum, back and forward, with the slopes of the final loss by the
/// moments of the weights, so that the loss never rises. It returns the best of three descents,
/// from the optimizer's schedule, from rates of 0, and from rates that each give the least loss
/// after their update; each ends near a local minimum.
///
///     BestSchedule best = best_schedule({.x = x, .y = y, .batch_size = 4,
///                                        .optimizer = SGD{.learning_rate = 0.1}, .steps = 210});
///     std::string text = to_string(best.schedule);
///
/// With one weight, inputs of equal size, curvature h and rho = variance of the batch gradient /
/// (h (w - minimum))^2 at the start it is InverseTimeDecay(1 / (h (1 + rho)), 1, 1 / (1 + rho)).
/// Errors as expected_loss(); ValueError for steps 0, and for an optimizer with averages that
/// depend on the rates. Keeps 72 d^2 bytes for each update of d weights.
BestSchedule best_schedule(const ExpectedOptions& options, const DescentOptions& limits = {});

}}  // namespace gradus
