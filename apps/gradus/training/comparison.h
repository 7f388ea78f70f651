#pragma once
/// Several schedules, or several problems, trained with the same seeds.

#include "pictures/plot_contours.h"
#include "pictures/plot_lines.h"
#include "training/training_run.h"

struct Contender {
  std::string label;
  std::string text;  ///< the schedule as it may be typed
  gradus::Schedule rate;
  double factor = 1;                              ///< by which scale_rate() has scaled `rate`
  std::shared_ptr<const Problem> problem = {};    ///< never null; contenders may share it
  gradus::Step steps = 0;                         ///< updates, >= 1
  std::optional<gradus::Schedule> momentum = {};  ///< of the optimizer, if it has one
};

struct CompareOptions {
  std::int64_t seeds = 1;  ///< runs of each contender
  /// The first run has the seed of its problem plus this, the next run one more.
  std::uint64_t skipped_seeds = 0;
  std::optional<double> target =
      {};                  ///< a loss; without it, mean + deviation of the first schedule
  gradus::Step every = 0;  ///< updates between measurements; 0: a hundredth of the run
  bool curvature = true;   ///< stable rates also of networks, which takes a while
  bool surface = true;     ///< the contours, which take a while
};

/// The result of one contender. Means are over the seeds that did not diverge; nan if all did.
struct Outcome {
  Contender contender;
  double budget = 0;  ///< the sum of the rates of the updates made, mean
  /// Loss on all rows after each run, nan where it diverged; empty for an expectation.
  std::vector<double> finals = {};
  double mean = NAN, deviation = 0;  ///< of the finals; the deviation is 0 for one run
  std::int64_t diverged = 0;         ///< number of runs
  std::optional<double> to_target =
      {};  ///< median number of updates; none if over half never arrive
  /// Median number of updates after which its diverged runs diverged.
  std::optional<gradus::Step> diverged_at = {};
  std::vector<gradus::Step> measured = {};  ///< updates before each measurement
  std::vector<double> losses = {};      ///< mean at each measurement; of all runs, if each diverged
  std::vector<double> accuracies = {};  ///< as `losses`; empty without classes
  TrainingRun first;                    ///< of the first seed

  /// The mean to three digits: smaller differences count as equal.
  double end() const;
};

/// The result of tune_rates(). A rate stands for the greatest one of the scaled schedule, a loss
/// for the mean over seeds.
struct RateSearch {
  std::string label;       ///< of the contender
  double loss;             ///< the lowest final loss
  double low, best, high;  ///< rates: of that loss, and around it those with at most 10% more
  Line curve;              ///< final losses over rates, without rates at which a run diverged
};

struct Comparison {
  gradus::Step steps = 0;  ///< of the longest contender
  double first_loss = 0;   ///< mean, before training, of the first contender
  double target = 0;       ///< nan when every run diverged
  /// The lowest loss of any weights, where it is known and the same for all contenders.
  std::optional<double> least_possible = {};
  bool one_surface = false;        ///< all have the same loss at the same weights
  std::vector<Outcome> outcomes;   ///< in the order given
  std::vector<std::size_t> order;  ///< best first: fewest diverged, then lowest end, then as given
  std::optional<gradus::ContourPlot> contours;  ///< for a model of two weights
  std::vector<RateSearch> searches = {};        ///< of the contenders, if their rates were tuned

  std::size_t seeds() const { return outcomes[0].finals.size(); }
  const Outcome& best() const { return outcomes[order[0]]; }
  /// False when every run of every schedule diverged: then there is no target.
  bool any_left() const { return !std::isnan(best().mean); }
};

/// nan for no values.
double mean_of(const std::vector<double>& values);
/// The standard deviation of a sample, with n - 1 degrees of freedom; 0 for fewer than 2 values.
double deviation_of(const std::vector<double>& values);

/// One run for each seed and contender: all of the first seed, in order, then all of the next.
std::vector<RunRequest> requests_for(std::span<const Contender> contenders,
                                     const CompareOptions& options);
/// The result of these runs, or of those of the first seeds, one at least.
Comparison summarize(std::span<const Contender> contenders, std::span<const TrainingRun> runs,
                     const CompareOptions& options);

/// Scales the schedule, with its text and its label.
void scale_rate(Contender& contender, double factor);
/// Scales each schedule so that its budget over its steps is that of the first. UsageError for a
/// budget of 0.
void equalize(std::vector<Contender>& contenders);

/// Scales each contender to the lowest mean final loss over the seeds, and skips these seeds from
/// then on. Tries factors of 1/4 to 4 in steps of 2, goes on up to 2^12 while the outermost is the
/// best, then tries sqrt(2) on both sides. A factor with which a run diverges is the worst.
/// UsageError for a schedule without a rate above 0; StoppedError after a signal to a SignalWatch.
std::vector<RateSearch> tune_rates(std::vector<Contender>& contenders, CompareOptions& options,
                                   std::size_t jobs);
