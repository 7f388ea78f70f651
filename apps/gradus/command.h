#pragma once
/// What the commands of `gradus` share.

#include <stdexcept>
#include <string>
#include <vector>

/// Exit codes: 0 done, 1 something failed while running, 2 it was called wrongly (or its output
/// could not be written), 3 training diverged.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct RunError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Options of `gradus schedule`, as given.
struct ScheduleCommand {
  std::vector<std::string> expressions;
  std::string steps;
  std::vector<std::string> plots;  ///< `term`, or files
  bool table = false, csv = false, json = false, list = false, ascii = false;
  std::string color = "auto";

  /// What goes to stdout. UsageError, RunError, or what gradus throws.
  std::string run() const;
};

/// Whether the terminal at stdout wants colours: `always`, `never`, or for `auto` what NO_COLOR,
/// CLICOLOR_FORCE, FORCE_COLOR, TERM and the kind of stdout say.
bool wants_color(const std::string& choice);
/// Whether the locale can show Braille.
bool speaks_utf8();
