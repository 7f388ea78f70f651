#pragma once
/// Predicts the losses of a training under another schedule from logged runs.

#include <gradus/schedules/worst_case.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A logged run. Element t belongs to update t.
struct LoggedRun {
  std::vector<double> rates = {};
  std::vector<double> losses = {};  ///< before the update, on its batch or on all rows
};

/// The worst case of convex theory with three numbers fitted (Schaipp et al. 2025,
/// arXiv:2501.18965):
///
///     loss before update t = least + distance a(t) + noise b(t)
///
/// a and b are WorstCaseTerms::distance and noise() of the rates of updates 0, ..., t. `distance`
/// (for D^2) and `noise` (for G^2) are fitted, not measured, and >= 0; so is `least`, unless a
/// logged loss is below 0.
struct Forecast {
  double least = 0, distance = 0, noise = 0;
  /// The relative error of the fit for each run: the fitted updates are cut into 20 equal parts,
  /// and the errors of their mean losses averaged.
  std::vector<double> errors = {};

  /// The loss after each number of updates in the list; nan where all rates up to there are 0. The
  /// loss after n updates is that before update n, so schedule(n) counts, too. Time: the number of
  /// updates times the length of the list. ValueError for a number below 0
  /// and for a rate below 0 or not finite.
  std::vector<double> losses(const Schedule& schedule, std::span<const Step> updates) const;
  double loss(const WorstCaseTerms& terms) const {
    return least + distance * terms.distance + noise * terms.noise();
  }
};

/// Fits one run or more by least squares, which averages the noise of batches. Leaves out the first
/// fifth of each run, where the loss falls faster than the formula can. Of a run with more than
/// 1,000 other updates it fits the means of neighbours.
///
///     const Forecast f = forecast({{{.rates = rates, .losses = losses}}});
///     f.losses(CosineDecay{0.1, 400}, {{100, 200, 400}});
///
/// Problem, optimizer and batch size must be the same in all runs. For a linear model the forecast
/// curves were within a few percent and in the right order; for networks they were off by 5% to
/// 90%, most at rates above those of the runs. One run at a constant rate hardly fixes `noise`, so
/// take two. The forecast is bad at the start, right after a drop of the rate, and for the final
/// excess over the least loss. ValueError unless each run has as many losses as rates, 3 updates or
/// more to fit, finite losses, and rates that worst_case() takes.
Forecast forecast(std::span<const LoggedRun> runs);

}}  // namespace gradus
