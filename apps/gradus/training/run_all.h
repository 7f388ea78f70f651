#pragma once
/// Many trainings, or other tasks, several at a time.

#include <functional>
#include <span>

#include "training/training_run.h"

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
/// Does them by do_all(). The records, in the same order, are the same bits at any number of jobs;
/// they hold neither history nor rates.
std::vector<TrainingRun> run_all(std::span<const RunRequest> requests, std::size_t jobs);
