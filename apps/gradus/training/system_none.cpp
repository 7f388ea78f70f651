/// For a target without files, terminal, signals and threads: no name is a path, nothing is drawn,
/// and runs follow one another.
#include "terminal/files.h"
#include "terminal/terminal.h"
#include "training/training_run.h"

bool is_path(const std::string&) { return false; }

void write_stderr(const std::string&) {}
bool can_redraw() { return false; }
std::string bar(const std::string&, double, const std::string&) { return ""; }
EraseBar::~EraseBar() = default;
int SignalWatch::caught() { return 0; }

std::vector<TrainingRun> run_all(std::span<const RunRequest> requests, std::size_t) {
  std::vector<TrainingRun> runs;
  for (const RunRequest& request : requests) {
    runs.push_back(run_training(*request.problem, request.options));
    runs.back().rates = {};
    runs.back().history = {};
  }
  return runs;
}
