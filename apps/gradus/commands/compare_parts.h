#pragma once
/// The runs of a comparison in parts, for several machines.

#include "commands/compare.h"

/// Does one part of the runs, `3/16` for numbers 3, 19, 35, ... of all, and saves them with exact
/// numbers and the options that choose them. Returns a line about it. UsageError, IoError,
/// StoppedError.
std::string save_part(const CompareCommand& command, const std::vector<RunRequest>& all,
                      std::size_t jobs);

struct MergedParts {
  ComparedRuns from;
  std::vector<TrainingRun> runs;
};
/// UsageError unless the files are the parts of one command, each once; IoError.
MergedParts merge_parts(const std::vector<std::string>& paths);
