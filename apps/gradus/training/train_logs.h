#pragma once
/// The logs of `gradus train`: loggers of the library that know where a resumed run continues.

#include <gradus/models/loggers.h>

#include <string>
#include <type_traits>

/// A logger that starts a `fresh` file ignores the place in the old file that a checkpoint gives.
void ignore_old_place(auto& logger) {
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(logger)>>)  // while loading
    if (logger.fresh) logger.offset = 0;
}

/// JSONLogger with a line that describes the run, at the start and wherever it is resumed.
struct JsonLog : gradus::JSONLogger {
  std::string header;
  bool fresh;

  /// Writes the description. UsageError when the file is shorter than the checkpoint says.
  void on_train_batch_begin();
  static void state(auto& self, auto&& field) {
    gradus::JSONLogger::state(self, field);
    ignore_old_place(self);
  }
};

struct CsvLog : gradus::CSVLogger {
  bool fresh;

  static void state(auto& self, auto&& field) {
    gradus::CSVLogger::state(self, field);
    ignore_old_place(self);
  }
};

/// UsageError for a file that cannot be a log of `gradus train`. Continuing a log cuts it where the
/// saved run was, and a saved file may name any file as its log.
void check_is_log(const std::string& path);
