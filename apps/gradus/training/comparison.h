#pragma once
/// Several schedules on one problem: the same data, first weights and shuffles for each.

#include <gradus/schedules/plot.h>

#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pictures/plot_contours.h"
#include "training/training_run.h"

struct Contender {
  std::string label;
  std::string text;  ///< the schedule as it may be typed
  gradus::Schedule rate;
  double factor = 1;  ///< by which equalize() has scaled `rate`
};

struct CompareOptions {
  gradus::Step steps;
  std::uint64_t first_seed = 0;
  std::int64_t seeds = 1;  ///< first_seed, first_seed + 1, ...
  std::optional<double> target =
      {};  ///< a loss; without it, mean and deviation of the first schedule
};

/// The result of one schedule. Means are over the seeds that did not diverge; nan if all did.
struct Outcome {
  Contender contender;
  double budget;                     ///< the sum of its rates
  std::vector<double> finals = {};   ///< loss on all rows after each run, nan where it diverged
  double mean = NAN, deviation = 0;  ///< of the finals; the deviation is 0 for one run
  std::int64_t diverged = 0;         ///< number of runs
  std::optional<double> to_target =
      {};                      ///< median number of updates; none if over half never arrive
  std::vector<double> losses;  ///< mean at each measurement
  TrainingRun first;           ///< of the first seed

  /// The mean to three digits: smaller differences count as equal.
  double end() const;
};

struct Comparison {
  gradus::Step steps = 0, every = 1;
  std::vector<gradus::Step> measured;
  double first_loss = 0;  ///< mean, before training
  double target = 0;
  std::vector<Outcome> outcomes;   ///< in the order given
  std::vector<std::size_t> order;  ///< best first: fewest diverged, then lowest end, then as given
  std::optional<gradus::ContourPlot> contours;  ///< for a model of two weights

  const Outcome& best() const { return outcomes[order[0]]; }
  /// False when every run of every schedule diverged: then there is no target.
  bool any_left() const { return !std::isnan(best().mean); }
};

/// nan for no values.
double mean_of(const std::vector<double>& values);
/// The standard deviation of a sample, with n - 1 degrees of freedom; 0 for fewer than 2 values.
double deviation_of(const std::vector<double>& values);

/// Trains once for each schedule and seed.
Comparison compare_schedules(const Problem& problem, std::span<const Contender> contenders,
                             const CompareOptions& options);

/// Scales each schedule so that its budget over the steps is that of the first. UsageError for a
/// budget of 0.
void equalize(std::vector<Contender>& contenders, gradus::Step steps);
