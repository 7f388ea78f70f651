#pragma once
/// Several schedules on one problem: the same data, first weights and shuffles for each.

#include <gradus/schedules/plot.h>
#include "pictures/plot_contours.h"

#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "training/run.h"

struct Contender {
  std::string label;
  std::string text;  ///< the schedule as it may be typed
  gradus::Schedule rate;
  double factor = 1;  ///< that `rate` has been scaled by
};

struct CompareOptions {
  gradus::Step steps;
  std::uint64_t first_seed = 0;
  std::int64_t seeds = 1;        ///< first_seed, first_seed + 1, ...
  std::optional<double> target;  ///< a loss; without it, what the first ends with and its deviation
};

/// What one schedule came to. Means are over the seeds that did not diverge; nan over none.
struct Outcome {
  Contender contender;
  double budget;               ///< the sum of its rates
  std::vector<double> finals;  ///< the loss on all rows after each run, nan where it diverged
  double mean, deviation;      ///< of the finals; the deviation is 0 for one
  std::int64_t diverged;
  std::optional<double> to_target;  ///< median number of updates; none when fewer than half come
  std::vector<double> losses;       ///< mean at each look
  std::vector<std::array<double, 2>> path;  ///< of the first seed, for a model of two weights

  /// The mean to three digits: what differs by less counts as equal.
  double end() const;
};

struct Comparison {
  gradus::Step steps = 0, every = 1;
  std::vector<gradus::Step> looks;
  double first_loss = 0;  ///< mean, before training
  double target = 0;
  std::vector<Outcome> outcomes;   ///< in the order given
  std::vector<std::size_t> order;  ///< best first: fewest diverged, then the lowest end; as given
  std::optional<gradus::ContourPlot> contours;  ///< of a model of two weights

  const Outcome& best() const { return outcomes[order[0]]; }
  /// False when every run of every schedule diverged: then there is no target.
  bool any_left() const { return !std::isnan(best().mean); }
};

/// Trains once for each schedule and seed.
Comparison compare(const Problem& problem, std::span<const Contender> contenders,
                   const CompareOptions& options);

/// Scales each so that its budget over the steps is the first one's. UsageError for a budget of 0.
void equalize(std::vector<Contender>& contenders, gradus::Step steps);
