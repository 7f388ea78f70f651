#pragma once
/// Progress: the lines that fit() writes while it trains, as Keras has them.

#include <gradus/models/history.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Where progress goes, piece by piece; the default writes to standard error.
using ProgressSink = std::function<void(std::string_view)>;

namespace detail {

/// The time in seconds, on a clock that never goes back.
double steady_seconds();

/// Formats progress: verbose 0 nothing, 1 a bar that redraws itself on a terminal, 2 a line per
/// epoch. 1 becomes 2 where there is no terminal, or one that cannot redraw (TERM=dumb). A bar left
/// unfinished, because something was thrown, keeps its line.
class Progress {
 public:
  /// `steps` per epoch, 0 if not known. `moving`: the learning rate is a schedule, and shown.
  Progress(int verbose, ProgressSink sink, std::int64_t epochs, std::int64_t steps, bool moving);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void begin_epoch(std::int64_t epoch);
  /// Called after each batch; true at most 20 times a second, when it is time to draw the bar.
  bool due();
  void batch(std::int64_t done, const Logs& logs);
  void end_epoch(std::int64_t done, const Logs& logs);
  /// Writes a line of a callback, whatever `verbose` is.
  void say(std::string_view line);

 private:
  std::string bar(std::int64_t done, const std::string& numbers, bool ended) const;
  double seconds() const;  ///< since the epoch began

  int verbose_;
  ProgressSink sink_;
  std::int64_t epochs_, steps_;
  bool moving_, colour_, open_ = false;  ///< open: the cursor is behind a bar
  double started_ = 0, drawn_ = 0;       ///< in seconds
};

}  // namespace detail
}}  // namespace gradus
