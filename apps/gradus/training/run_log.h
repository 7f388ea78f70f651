#pragma once
/// What a run wrote down, as JSONLogger and `gradus train --log` do.

#include <string>
#include <utility>
#include <vector>

/// Numbers at rising places; nan where the file has null.
struct Series {
  std::string name;
  std::vector<double> at, values;
};

struct RunLog {
  std::string path;
  std::vector<std::pair<std::string, std::string>> facts;  ///< of the run, as the log has them
  std::vector<std::string> command;  ///< the words after `gradus`; none where none are told
  std::vector<Series> by_step;   ///< `learning_rate`, `batch_loss`, `loss`, ..., by updates done
  std::vector<Series> by_epoch;  ///< the same and `val_loss`, ..., by epochs done
  double seconds = 0;            ///< the greatest in the file
  bool cut = false;              ///< the last line was not whole: the run was killed

  const Series* find_step(const std::string& name) const;
  const Series* find_epoch(const std::string& name) const;
};

/// Reads a file of one JSON object per line: first, if there is such a line, one with `gradus` in
/// it, which describes the run; then those of updates, which have a `step`, and of epochs. Where
/// the run was resumed, one with `gradus` and `resumed_at` describes it from the start, as it is
/// now, and replaces the first. Blank lines, \r\n and a byte-order mark are fine. A last line
/// without its end that is no JSON is left out. FormatError, as `run.jsonl:17: ...`, for any other
/// line that is not such an object, for steps or epochs that do not rise, and for a file without
/// any; IoError.
RunLog read_run_log(const std::string& path);
