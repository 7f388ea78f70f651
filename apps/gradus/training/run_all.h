#pragma once
/// Many trainings, several at a time.

#include <span>
#include <vector>

#include "training/training_run.h"

/// A training to do. The problem outlives it.
struct RunRequest {
  const Problem* problem;
  TrainingRunOptions options;
};

/// Does them on `jobs` threads. The records, in the same order, are the same bits at any number;
/// they hold no history, rates or losses of batches. After a signal to a SignalWatch only the first
/// of them are done and returned.
std::vector<TrainingRun> run_all(std::span<const RunRequest> requests, std::size_t jobs);
