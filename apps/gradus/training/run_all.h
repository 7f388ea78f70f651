#pragma once
/// Many trainings at a time.

#include <span>
#include <vector>

#include "training/training_run.h"

/// A training to do. The problem outlives it.
struct RunRequest {
  const Problem* problem;
  TrainingRunOptions options;
};

/// Does them, `jobs` at a time; the results are in the same order, and the same bits at any number.
std::vector<TrainingRun> run_all(std::span<const RunRequest> requests, int jobs);
