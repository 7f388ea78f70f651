/// many_runs.cpp for a target without threads and signals: one run after another.
#include "training/training_run.h"

std::vector<TrainingRun> run_all(std::span<const RunRequest> requests, std::size_t) {
  std::vector<TrainingRun> runs;
  for (const RunRequest& request : requests) {
    runs.push_back(run_training(*request.problem, request.options));
    runs.back().rates = {};
    runs.back().history = {};
  }
  return runs;
}
