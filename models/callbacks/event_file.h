#pragma once
/// EventFile: curves for TensorBoard, which `tensorboard --logdir FOLDER` shows.

#include <gradus/models/file.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// A file of TensorFlow's events. Each run adds one to the folder:
/// `events.out.tfevents.SECONDS.HOST.PID.N`.
///
///     EventFile log("logs/run1");
///     log.add("loss/train", 0.25, 12);
///
/// The form (tensorflow/core/lib/io/record_writer.h and core/util/event.proto): each record is the
/// length in 8 bytes, its check sum in 4, an Event in the Protocol Buffers encoding, its check sum
/// in 4. The first Event holds the text `brain.Event:2`.
class EventFile {
 public:
  /// Makes the folder if missing (but not its parent), and a new file in it. IoError if that fails.
  explicit EventFile(const std::string& directory);

  const std::string& path() const { return file_.path(); }
  std::int64_t size() const { return file_.size(); }
  /// Whether an event file may have this name in its folder.
  static bool is_name(std::string_view name);
  /// Adds a point to the curve `tag`; a `/` in it makes a group. The value is kept as a float, and
  /// may be nan. ValueError for a tag that is not UTF-8; IoError, with nothing added, when the disk
  /// is full.
  void add(std::string_view tag, double value, Step step);
  /// Adds a session's start: viewers drop the points of the folder's other files from this step on.
  void start_session(Step step);

 private:
  AppendFile file_;
};

/// The Event of a point; `time` in seconds since 1970.
std::string scalar_event(double time, Step step, std::string_view tag, double value);
/// The Event of a session's start.
std::string start_event(double time, Step step);
/// The record that holds an Event.
std::string event_record(std::string_view event);

}}}  // namespace gradus::detail
