#pragma once
/// Trainings of a problem under schedules, one or many at a time, with a record of rates, losses
/// and weights.

#include "problem/problem.h"

struct TrainingRunOptions {
  gradus::Schedule rate;
  gradus::Step steps;      ///< updates, >= 0
  std::uint64_t seed = 0;  ///< of the first weights and the rows of batches
  gradus::Step every = 1;  ///< updates between two measurements
  /// Seed of the first weights, if runs of different seeds start at the same ones. Without path.
  std::optional<std::uint64_t> seed_of_weights = {};
  bool curvature = true;  ///< stable rates also of networks
};

/// The record until the last update, or until training diverged. All numbers in it are finite.
struct TrainingRun {
  std::vector<double> rates = {};  ///< of each update
  std::vector<gradus::Step> measured =
      {};                               ///< updates before each measurement: 0, every, ..., last
  std::vector<double> losses = {};      ///< on all rows, at each measurement, of averages if any
  std::vector<double> accuracies = {};  ///< also; empty where targets are numbers
  /// For a model of two weights: the weights before the first update and after each.
  std::vector<std::array<double, 2>> path = {};
  std::vector<double> stable = {};  ///< stable_rates() at both ends; see run_training()
  /// A loss, gradient or weight was not finite, or the last loss is above `far_above` times the
  /// first.
  bool diverged = false;
  gradus::Step updates = 0;  ///< made
  gradus::History history = {};

  static constexpr double far_above = 4;
  /// The members that gradus compare needs and saves.
  static void saved(auto& self, auto&& all) {
    all(self.measured, self.losses, self.accuracies, self.path, self.stable, self.diverged,
        self.updates);
  }
  /// The updates before the first measurement above `far_above` times the first, or all.
  gradus::Step diverged_at() const;
};

/// Trains a copy of the problem's model, which goes to `trained` too. Only a run with the problem's
/// seed has stable rates. StoppedError after a signal to a SignalWatch.
TrainingRun run_training(const Problem& problem, const TrainingRunOptions& options,
                         gradus::Sequential* trained = nullptr);

/// Rows of a batch, the most where the last one is smaller.
std::int64_t rows_per_batch(const Problem& problem);
/// Batches per update: 1, unless the optimizer accumulates gradients.
std::int64_t batches_per_update(const Problem& problem);
/// Updates in this number of epochs; at least 1.
gradus::Step updates_in(const Problem& problem, std::int64_t epochs);
/// Epochs until this number of updates is done.
std::int64_t epochs_for(const Problem& problem, gradus::Step updates);

/// The number that `--jobs` gives; `all` is one for each core. UsageError.
std::size_t read_jobs(const std::string& text);

/// Calls task(i) for each i in [0, count), in order, on at most `jobs` threads. After a signal to a
/// SignalWatch no task begins, and a running one may throw StoppedError. Returns how many were done
/// before the first that was not; rethrows the exception of the first that failed. After half a
/// second a bar shows how many are done.
std::size_t do_all(std::size_t count, std::size_t jobs,
                   const std::function<void(std::size_t)>& task);

/// A training to do. The problem outlives it.
struct RunRequest {
  const Problem* problem;
  TrainingRunOptions options;
};
/// Trains them all by do_all(). Returns the records in the same order, the same bits at any number
/// of jobs, without history and rates.
std::vector<TrainingRun> run_all(std::span<const RunRequest> requests, std::size_t jobs);
