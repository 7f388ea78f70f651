#pragma once
/// The callbacks of `gradus train`: progress, saving, stopping at a signal, and logs.

#include <gradus/models/file.h>
#include <gradus/models/loggers.h>

#include <chrono>

#include "terminal/terminal.h"

/// Prints a line for each tenth of the epochs, where a bar cannot be drawn.
struct ProgressLines {
  std::int64_t epochs;
  void on_epoch_end(std::int64_t epoch, const gradus::Logs& logs, gradus::Sequential& model) const;
};

/// Draws one bar for the whole training, at most 20 times a second.
struct ProgressBar {
  using Clock = std::chrono::steady_clock;
  std::int64_t epochs, batches;  ///< batches in each epoch
  std::int64_t epoch = 0;
  Clock::time_point drawn = Clock::now();

  void on_epoch_begin(std::int64_t number) { epoch = number; }
  void on_train_batch_end(std::int64_t batch, const gradus::Logs& logs, gradus::Sequential& model);
};
/// Saves after epochs, at most four times a second, but not after the last. At a signal it saves
/// the state after the current update and ends training with a StoppedError.
struct SaveAndStop {
  using Clock = std::chrono::steady_clock;
  const SignalWatch& signals;
  const std::string &path, &text;  ///< see saved.h; with an empty path nothing is saved
  std::int64_t epochs, epoch = 0;
  Clock::time_point saved = Clock::now();

  static constexpr bool runs_last = true;  // the state of the other callbacks is saved, too
  void on_epoch_begin(std::int64_t number) { epoch = number; }
  void on_train_batch_end(std::int64_t, const gradus::Logs&, gradus::Sequential& model) const {
    if (signals.caught()) stop(model);
  }
  void on_epoch_end(std::int64_t, const gradus::Logs&, gradus::Sequential& model);

 private:
  [[noreturn]] void stop(const gradus::Sequential& model) const;
};

/// A logger that starts a `fresh` file ignores the place in the old file that a checkpoint gives.
void ignore_old_place(auto& logger) {
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(logger)>>)  // while loading
    if (logger.fresh) logger.offset = 0;
}

/// UsageError when the log is shorter than the checkpoint says. An empty one begins again.
void check_length(const gradus::detail::AppendFile& log, std::int64_t offset);

/// JSONLogger with a line that describes the run, at the start and wherever it is resumed.
struct JsonLog : gradus::JSONLogger {
  std::string header;
  bool fresh;

  void on_epoch_begin(std::int64_t number, const gradus::Logs& logs, gradus::Sequential& model) {
    check_length(*file, offset);
    gradus::JSONLogger::on_epoch_begin(number, logs, model);
  }
  /// Writes the description.
  void on_train_batch_begin(std::int64_t, const gradus::Logs&, gradus::Sequential& model);
  static void state(auto& self, auto&& field) {
    gradus::JSONLogger::state(self, field);
    ignore_old_place(self);
  }
};

struct CsvLog : gradus::CSVLogger {
  bool fresh;

  void on_train_batch_begin() const { check_length(*file, offset); }
  void on_epoch_begin(std::int64_t number, const gradus::Logs& logs, gradus::Sequential& model) {
    check_length(*file, offset);
    gradus::CSVLogger::on_epoch_begin(number, logs, model);
  }
  static void state(auto& self, auto&& field) {
    gradus::CSVLogger::state(self, field);
    ignore_old_place(self);
  }
};

/// UsageError for a file that cannot be a log of `gradus train`. Continuing a log cuts it where the
/// saved run was, and a saved file may name any file as its log.
void check_is_log(const std::string& path);
