#pragma once
/// Predicts the losses of a training under another schedule from logged runs.

#include <gradus/schedules/worst_case.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A run as its log has it: element t belongs to update t.
struct LoggedRun {
  std::vector<double> rates = {};
  std::vector<double> losses = {};  ///< before the update, of its batch or of all rows
};

/// The worst case of convex theory with three numbers fitted (Schaipp et al. 2025,
/// arXiv:2501.18965):
///
///     loss before update t = least + distance a(t) + noise b(t)
///
/// a and b are WorstCaseTerms::distance and noise() of the rates 0, ..., t. `distance` and `noise`
/// stand for D^2 and G^2, but are what fits best, not measured: both are >= 0.
struct Forecast {
  double least = 0, distance = 0, noise = 0;
  /// For each run the share of the loss by which the fit is off: the mean over 20 equal parts of
  /// its fitted updates, each with its mean loss.
  std::vector<double> errors = {};

  /// The loss after each of these numbers of updates, >= 0; nan where all rates before are 0.
  /// ValueError for a rate below 0 or not finite.
  /// After n updates a and b take n + 1 rates: schedule(n) counts, too. Takes a time of the number
  /// of updates times the length of the list.
  std::vector<double> losses(const Schedule& schedule, std::span<const Step> updates) const;
  double loss(const WorstCaseTerms& terms) const {
    return least + distance * terms.distance + noise * terms.noise();
  }
};

/// Fits one run or more by least squares over the updates after the first fifth, in which the loss
/// falls faster than the formula can. That averages the noise of batches. Of more than 1,000
/// updates, neighbours count as one.
///
///     const Forecast f = forecast({{{.rates = rates, .losses = losses}}});
///     f.losses(CosineDecay{0.1, 400}, {{100, 200, 400}});
///
/// Problem, optimizer and batch size must be the same. For a linear model the curves are within a
/// few percent, in the right order; for networks they were off by 5 to 90 %, most at rates above
/// those of the runs. One run at a constant rate hardly fixes `noise`, so take two. It is bad at
/// the final excess over the least loss, right after a drop of the rate and at the start.
/// ValueError unless each run has as many losses as rates, 3 updates or more to fit, finite losses,
/// and rates as worst_case() has them.
Forecast forecast(std::span<const LoggedRun> runs);

}}  // namespace gradus
