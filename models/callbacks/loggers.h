#pragma once
/// CSVLogger, JSONLogger, TensorBoard: log files of a training run.

#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {
namespace detail {
class AppendFile;
class EventFile;
}  // namespace detail

/// Writes one line per epoch: its number, from 0, then every number of History, in alphabetical
/// order, exactly; NA where an epoch has none. The first line names the columns. Keras:
/// keras.callbacks.CSVLogger.
///
/// A log: IoError, before training, when the file cannot be opened (its folder must exist). A last
/// line without its newline, as a killed process leaves it, stays a line of its own. A resumed run
/// removes the lines written after its checkpoint and goes on, so that the file has each epoch
/// once. Where the file was removed or emptied in between, it begins again, and says so through
/// fit()'s progress sink; StateError for one that is shorter than it was at the checkpoint.
struct CSVLogger {
  std::string filename = {};
  std::string separator = ",";
  bool append = false;  ///< false: empties the file; true: adds to it, without a second header;
                        ///< StateError when its header names other columns

  std::int64_t offset = 0;                ///< the state: where the lines of the run end
  std::vector<std::string> columns = {};  ///< of this fit()
  std::shared_ptr<detail::AppendFile> file = nullptr;  ///< open while it trains

  void on_train_begin(const Logs& keys);
  void on_epoch_begin(std::int64_t number, const Logs& logs, Sequential& model);
  void on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model);
  void on_train_end() { file = nullptr; }
  static void fields(auto& self, auto&& field) {
    field("filename", self.filename, rules::given);
    field("separator", self.separator, rules::given), field("append", self.append);
  }
  static void state(auto& self, auto&& field) { field("offset", self.offset); }

 private:
  std::string header() const;
};

/// Writes one JSON object per update and per epoch:
///
///     {"step": 12, "epoch": 1, "batch": 2, "learning_rate": 0.1, "batch_loss": 0.3, "loss": 0.25,
///      "seconds": 0.5}
///     {"epoch": 1, "loss": 0.24, "val_loss": 0.3, "learning_rate": 0.1, "seconds": 0.6}
///
/// `step` counts updates, `learning_rate` is the rate of the update, `batch_loss` the loss of the
/// batch, `loss` and the metrics the epoch's means so far. Numbers are exact; nan and infinities
/// are null, as JSON has none. It is a log as CSVLogger's is.
struct JSONLogger {
  std::string filename = {};
  bool append = false;      ///< false: empties the file
  bool every_batch = true;  ///< false: epochs only

  std::int64_t offset = 0, epoch = 0;  ///< the state: where its lines end, and the epoch
  double started = 0;                  ///< when this fit() began, in seconds
  std::shared_ptr<detail::AppendFile> file = nullptr;  ///< open while it trains

  void on_train_begin(const Logs& keys);
  void on_epoch_begin(std::int64_t number, const Logs& logs, Sequential& model);
  void on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model);
  void on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model);
  void on_train_end() { file = nullptr; }
  static void fields(auto& self, auto&& field) {
    field("filename", self.filename, rules::given);
    field("append", self.append), field("every_batch", self.every_batch);
  }
  static void state(auto& self, auto&& field) {
    field("offset", self.offset), field("epoch", self.epoch);
  }

 protected:
  void write(const std::string& line, const Sequential& model);

 private:
  void write(const std::string& start, const Logs& logs, const Sequential& model);
};

/// Writes curves for TensorBoard, in the folders and under the names of Keras 3: in `train`,
/// `epoch_loss`, `epoch_` and each metric, and `epoch_learning_rate`, by epoch from 0; in
/// `validation`, the same of the validation. With `every_batch` also in `train`, by update from 1,
/// `batch_loss`, `batch_` and each metric, and `batch_learning_rate`, which Keras lacks: one point
/// per update, however many batches it collects. Keras: keras.callbacks.TensorBoard, of which this
/// is the scalars, without `evaluation_..._vs_iterations`.
///
/// The files of each fit() begin with a session's start: from its step on, viewers drop the points
/// of files before it. A resumed run also cuts off what was written after its checkpoint. IoError,
/// before training, when the system refuses.
struct TensorBoard {
  std::string log_dir = "logs";  ///< made if it is missing, but not its parent
  bool every_batch = false;      ///< curves by update, too

  /// A folder's file, as checkpoints have it: its name, and where its points end.
  struct Place {
    std::string name = {};
    std::int64_t end = 0;
    static void state(auto& self, auto&& field) {
      field("name", self.name), field("end", self.end);
    }
  };
  struct Folder {
    std::string path = {};
    std::shared_ptr<detail::EventFile> file = nullptr;  ///< open while it trains
    Place place = {};
  };
  Folder train = {}, validation = {};
  std::int64_t epoch = 0;  ///< the next one to be written
  Step updates = 0;        ///< the last one written
  bool begun = false;      ///< the session's start is written

  void on_train_begin(const Logs& keys, Sequential& model);
  void on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model);
  void on_epoch_begin(std::int64_t number);
  void on_epoch_end(std::int64_t number, const Logs& logs);
  void on_train_end() { train.file = validation.file = nullptr; }
  static void fields(auto& self, auto&& field) {
    field("log_dir", self.log_dir, rules::given), field("every_batch", self.every_batch);
  }
  static void state(auto& self, auto&& field) {
    field("train", self.train.place), field("validation", self.validation.place);
    field("epoch", self.epoch), field("updates", self.updates);
  }

 private:
  void begin();
  void add(Folder& folder, const std::string& tag, double value, Step step);
};

}}  // namespace gradus
