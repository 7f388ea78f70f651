#pragma once
/// The best schedule of a given length for a linear model, and the slopes of its final loss.

#include <gradus/models/expected_loss.h>
#include <gradus/schedules/piecewise_interpolation.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Element t is the derivative of the final expected loss by the rate of update t, at the rates of
/// the optimizer's schedule. One sweep forward and one back. Errors as best_schedule().
std::vector<double> gradient_by_rate(const ExpectedOptions& options);

/// A descent of best_schedule() stops after `passes` passes, or after one that lowers the excess
/// over the minimum by at most `tolerance` times the excess.
struct DescentOptions {
  Count passes = 200;
  double tolerance = 1e-9;
};

struct BestSchedule {
  std::vector<double> rates = {};  ///< one for each update
  double loss = 0;                 ///< expected loss after the last update
  Schedule schedule = 0.0;         ///< PiecewiseInterpolation: rates[t] at each step t
};

/// The rates with the least expected loss after options.steps updates. With the other rates fixed,
/// that loss is a quadratic in each rate. A pass goes back and forward through the updates and sets
/// each rate to the minimum of its quadratic, so the loss never rises. The result is the best of
/// three descents: from the optimizer's schedule, from rates of 0, and from rates that each give
/// the least loss after their update. Each descent ends near a local minimum.
///
///     BestSchedule best = best_schedule({.x = x, .y = y, .batch_size = 4,
///                                        .optimizer = SGD{.learning_rate = 0.1}, .steps = 210});
///     std::string text = to_string(best.schedule);
///
/// With one weight, inputs of equal size, curvature h, and u = 1 / (1 + rho), where rho = variance
/// of the batch gradient / (h (w - minimum))^2 at the start, it is InverseTimeDecay(u / h, 1, u).
/// Errors as expected_loss(); ValueError for steps 0, and if the rates set the weights of an
/// average, as in ScheduleFreeSGD. Needs 72 d^2 bytes for each update of d weights.
BestSchedule best_schedule(const ExpectedOptions& options, const DescentOptions& limits = {});

}}  // namespace gradus
