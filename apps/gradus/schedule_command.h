#pragma once
/// gradus schedule: schedules from the command line, as pictures, tables and numbers.

#include "command.h"

/// Its options, as given.
struct ScheduleCommand {
  std::vector<std::string> expressions;
  std::string steps;
  bool table = false, list = false;
  LookOptions look;

  /// What goes to stdout. UsageError, RunError, or what gradus throws.
  std::string run() const;
};
