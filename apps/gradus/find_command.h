#pragma once
/// gradus find-lr: the learning-rate range test.

#include "command.h"
#include "problem.h"

/// Its options, as given.
struct FindCommand {
  ProblemOptions chosen;
  std::string start = "1e-7", end = "10", steps = "100";
  LookOptions look;

  /// What goes to stdout. UsageError, RunError, what gradus throws, or DivergedError when there is
  /// no rate to suggest.
  std::string run() const;
};
