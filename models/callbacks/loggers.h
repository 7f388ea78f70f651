#pragma once
/// CSVLogger, JSONLogger, TensorBoard: log files of a training run.

#include <memory>
#include <string>
#include <vector>

#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace detail {
class AppendFile;
class EventFile;
}  // namespace detail

/// Writes one line per epoch: its number, from 0, then every number of History, in alphabetical
/// order, exactly; NA where an epoch has none. The first line names the columns. Keras:
/// keras.callbacks.CSVLogger. A resumed run removes the lines written after its checkpoint and goes
/// on. IoError when the file cannot be written.
struct CSVLogger {
  std::string filename = {};
  std::string separator = ",";
  bool append = false;  ///< false: empties the file; true: adds to it, without a second header;
                        ///< StateError when its header names other columns

  std::int64_t offset = 0;                ///< the state: where its lines end; 0 before the first
  std::vector<std::string> columns = {};  ///< of this fit()
  std::shared_ptr<detail::AppendFile> file = nullptr;  ///< open while it trains

  void on_train_begin(const Logs& keys);
  void on_epoch_end(std::int64_t epoch, const Logs& logs);
  void on_train_end() { file = nullptr; }
  static void fields(auto& self, auto&& field) {
    field("filename", self.filename, rules::given);
    field("separator", self.separator, rules::given);
    field("append", self.append);
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
/// are null, as JSON has none. A resumed run removes the lines written after its checkpoint and
/// goes on. IoError when the file cannot be written.
struct JSONLogger {
  std::string filename = {};
  bool append = false;      ///< false: empties the file
  bool every_batch = true;  ///< false: epochs only

  std::int64_t offset = 0, epoch = 0;  ///< the state: where its lines end, and the epoch
  double started = 0;                  ///< when this fit() began, in seconds
  std::shared_ptr<detail::AppendFile> file = nullptr;  ///< open while it trains

  void on_train_begin(const Logs& keys);
  void on_epoch_begin(std::int64_t number) { epoch = number; }
  void on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model);
  void on_epoch_end(std::int64_t epoch, const Logs& logs);
  void on_train_end() { file = nullptr; }
  static void fields(auto& self, auto&& field) {
    field("filename", self.filename, rules::given);
    field("append", self.append), field("every_batch", self.every_batch);
  }
  static void state(auto& self, auto&& field) {
    field("offset", self.offset), field("epoch", self.epoch);
  }

 private:
  void write(const std::string& start, const Logs& logs);
};

/// Writes curves for TensorBoard: `loss/train`, `loss/validation`, the same for each metric, and
/// `learning_rate`, by epoch; with `every_batch`, those of training also by update. Keras:
/// keras.callbacks.TensorBoard, of which this is the scalars. IoError when a file cannot be
/// written.
struct TensorBoard {
  std::string log_dir = "logs";  ///< made if it is missing, but not its parent
  bool every_batch = false;      ///< curves named batch_loss/train and so on, by update
  std::shared_ptr<detail::EventFile> file = nullptr;  ///< open while it trains

  void on_train_begin();
  void on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model);
  void on_epoch_end(std::int64_t epoch, const Logs& logs);
  void on_train_end() { file = nullptr; }
  static void fields(auto& self, auto&& field) {
    field("log_dir", self.log_dir, rules::given);
    field("every_batch", self.every_batch);
  }
};

}}  // namespace gradus
