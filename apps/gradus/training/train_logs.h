#pragma once
/// The logs of `gradus train`: the library's, which know where a run is gone on with.

#include <gradus/models/loggers.h>

#include <string>
#include <type_traits>

/// Of a logger that begins a file `anew`: what a checkpoint says of another file is not for it.
void forget_other_file(auto& logger) {
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(logger)>>)  // while loading
    if (logger.anew) logger.offset = 0;
}

/// JSONLogger with a line that describes the run, at the start and where it goes on.
struct JsonLog : gradus::JSONLogger {
  std::string header;
  bool anew;

  /// UsageError when the file is shorter than the checkpoint says.
  void on_train_batch_begin();
  static void state(auto& self, auto&& field) {
    gradus::JSONLogger::state(self, field);
    forget_other_file(self);
  }
};

struct CsvLog : gradus::CSVLogger {
  bool anew;

  static void state(auto& self, auto&& field) {
    gradus::CSVLogger::state(self, field);
    forget_other_file(self);
  }
};

/// UsageError for a file that cannot be a log of `gradus train`. A saved file may name any file as
/// its log, and a log that goes on is cut off where the saved run was.
void check_is_log(const std::string& path);
