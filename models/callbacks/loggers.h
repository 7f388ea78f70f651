#pragma once
/// CSVLogger, JSONLogger, TensorBoard: what happened, in files.

#include <memory>
#include <string>
#include <vector>

#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

namespace detail {
class AppendFile;
class EventFile;
}  // namespace detail

/// One line per epoch: its number, from 0, then every number that History gets, in alphabetical
/// order, exactly; NA where an epoch has none. The first line names the columns. Keras:
/// keras.callbacks.CSVLogger. A resumed run cuts off what was logged after its checkpoint and goes
/// on. IoError when the file cannot be written.
struct CSVLogger {
  std::string filename = {};
  std::string separator = ",";
  bool append = false;  ///< false: begins the file anew; true: adds to it, without a second
                        ///< header. StateError when its header names other columns

  std::int64_t offset = 0;                ///< the state: where its lines end, 0 before the first
  std::vector<std::string> columns = {};  ///< of this fit()
  std::shared_ptr<detail::AppendFile> file = nullptr;  ///< open while it trains

  void on_train_begin(const Logs& keys);
  void on_epoch_end(std::int64_t epoch, const Logs& logs);
  void on_train_end();
  void validate() const;
  static void state(auto& self, auto&& field) { field("offset", self.offset); }

 private:
  std::string header() const;
};

/// One JSON object per update and per epoch:
///
///     {"step": 12, "epoch": 1, "batch": 2, "learning_rate": 0.1, "batch_loss": 0.3, "loss": 0.25,
///      "seconds": 0.5}
///     {"epoch": 1, "loss": 0.24, "val_loss": 0.3, "learning_rate": 0.1, "seconds": 0.6}
///
/// `step` counts updates made, `learning_rate` is the one the update used, `batch_loss` the batch's
/// own, `loss` and the metrics the epoch's means so far. Numbers are exact; nan and infinities are
/// null, as JSON has none. A resumed run cuts off what was logged after its checkpoint and goes on.
/// IoError when the file cannot be written.
struct JSONLogger {
  std::string filename = {};
  bool append = false;      ///< false: begins the file anew
  bool every_batch = true;  ///< false: epochs only

  std::int64_t offset = 0, epoch = 0;  ///< the state: where its lines end, and the epoch
  double started = 0;                  ///< when this fit() began, in seconds
  std::shared_ptr<detail::AppendFile> file = nullptr;  ///< open while it trains

  void on_train_begin(const Logs& keys);
  void on_epoch_begin(std::int64_t epoch);
  void on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model);
  void on_epoch_end(std::int64_t epoch, const Logs& logs);
  void on_train_end();
  void validate() const;
  static void state(auto& self, auto&& field) {
    field("offset", self.offset);
    field("epoch", self.epoch);
  }

 private:
  void write(const std::string& start, const Logs& logs);
};

/// Curves for TensorBoard in a folder: `loss/train`, `loss/validation`, the same for each metric,
/// and `learning_rate`, by epoch, or with `every_batch` those of training also by update. Keras:
/// keras.callbacks.TensorBoard, of which it has the scalars. IoError when it cannot be written.
struct TensorBoard {
  std::string log_dir = "logs";  ///< made if it is missing, but not its parent
  bool every_batch = false;      ///< curves named batch_loss/train and so on, by update
  std::shared_ptr<detail::EventFile> file = nullptr;  ///< open while it trains

  void on_train_begin();
  void on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model);
  void on_epoch_end(std::int64_t epoch, const Logs& logs);
  void on_train_end();
  void validate() const;
};

}}  // namespace gradus
