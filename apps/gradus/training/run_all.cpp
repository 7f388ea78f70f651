#include "training/run_all.h"

std::vector<TrainingRun> run_all(std::span<const RunRequest> requests, int) {
  std::vector<TrainingRun> out;
  for (const RunRequest& request : requests)
    out.push_back(run_training(*request.problem, request.options));
  return out;
}
