#pragma once
/// The log of a run, as JSONLogger and `gradus train --log` write it, and results of other
/// commands.

#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Numbers at rising steps or epochs; nan where the file has null.
struct Series {
  std::string name;
  std::vector<double> at, values;
};

struct RunLog {
  std::string path, label;  ///< the label, often the name of the file, is for legends
  std::vector<std::pair<std::string, std::string>> facts;  ///< description of the run
  std::vector<std::string> command;  ///< the words after `gradus`; empty if the log does not say
  std::vector<Series> by_step;       ///< `learning_rate`, `batch_loss`, `loss`, ...
  std::vector<Series> by_epoch;      ///< the same, `val_loss`, ..., counted from 1
  double seconds = 0;                ///< the greatest value in the file
  bool cut = false;                  ///< the last line is incomplete: the run was killed

  /// The numbers of this name, by step or by epoch; null if there are none.
  const Series* find(bool by_steps, const std::string& name) const;
};

/// Reads a file with one JSON object per line: optionally a first line with `gradus` in it, which
/// describes the run; then lines of updates, which have a `step`, and of epochs. Where a run was
/// resumed, a line with `gradus` and `resumed_at` replaces the description. Blank lines, \r\n and a
/// byte-order mark are fine; an incomplete last line is left out. FormatError, as `run.jsonl:17:
/// ...`, for any other line, for steps or epochs that do not rise, and for a file without either;
/// IoError.
RunLog read_run_log(const std::string& path);

/// The output of `gradus compare --json` or `gradus find-lr --json`.
struct Result {
  RunLog about;                 ///< its members without the entries; `path` is that of the file
  std::vector<RunLog> entries;  ///< of compare
};

/// Reads such a file: lists of numbers become series by step, other members facts. Empty for a file
/// of another kind; FormatError unless each entry is an object; IoError.
std::optional<Result> read_result(const std::string& path);
