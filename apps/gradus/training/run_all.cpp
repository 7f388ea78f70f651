#include "training/run_all.h"

#include <mutex>

#include "training/jobs.h"

using namespace gradus;

std::vector<TrainingRun> run_all(std::span<const RunRequest> requests, std::size_t jobs) {
  std::vector<TrainingRun> runs(requests.size());
  std::mutex copying;
  const auto separate = [&](const Problem& problem) {  // a copy that shares no tensor
    const std::lock_guard lock(copying);
    Problem copy = problem;
    for (Tensor* tensor : {&copy.data.x, &copy.data.y})
      *tensor = Tensor(tensor->shape(), tensor->values());
    return copy;
  };
  runs.resize(do_all(runs.size(), jobs, "runs", [&](std::size_t i) {
    runs[i] = run_training(separate(*requests[i].problem), requests[i].options);
    runs[i].rates = runs[i].batch_losses = {};
    runs[i].history = {};
  }));
  return runs;
}
