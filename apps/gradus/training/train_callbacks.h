#pragma once
/// The callbacks of `gradus train`: progress, saving, and ending at a signal.

#include <gradus/models/callback.h>
#include <gradus/models/sequential.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "terminal/signals.h"

/// A line for each tenth of the epochs, where no bar can be drawn.
struct Lines {
  std::int64_t epochs;
  void on_epoch_end(std::int64_t epoch, const gradus::Logs& logs, gradus::Sequential& model) const;
};

/// One bar for all of the training, drawn anew at most 20 times a second.
struct Bar {
  using Clock = std::chrono::steady_clock;
  std::int64_t epochs, batches;  ///< in each epoch
  std::int64_t epoch = 0;
  Clock::time_point drawn = Clock::now();

  void on_epoch_begin(std::int64_t number) { epoch = number; }
  void on_train_batch_end(std::int64_t batch, const gradus::Logs& logs, gradus::Sequential& model);
};
/// Takes what Bar drew away, however the training ends.
struct EraseBar {
  explicit EraseBar(bool was_drawn) : drawn(was_drawn) {}
  EraseBar(const EraseBar&) = delete;
  EraseBar& operator=(const EraseBar&) = delete;
  ~EraseBar();

  bool drawn;
};

/// Saves after epochs but the last, at most four times a second, and ends training at a signal,
/// saved as if there had been none. StoppedError then.
struct Keeper {
  using Clock = std::chrono::steady_clock;
  const SignalWatch& signals;
  const std::string &path, &text;  ///< see saved.h; no path: not saved
  std::int64_t epochs, epoch = 0;
  Clock::time_point saved = Clock::now();

  static constexpr bool runs_last = true;  // the others' state is saved, too
  void on_epoch_begin(std::int64_t number) { epoch = number; }
  void on_train_batch_end(std::int64_t, const gradus::Logs&, gradus::Sequential& model) const {
    if (signals.caught()) stop(model);
  }
  void on_epoch_end(std::int64_t, const gradus::Logs&, gradus::Sequential& model);

 private:
  [[noreturn]] void stop(const gradus::Sequential& model) const;
};
