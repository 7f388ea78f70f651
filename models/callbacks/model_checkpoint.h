#pragma once
/// ModelCheckpoint and BackupAndRestore: saving in training.

#include <gradus/models/monitor.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Saves the model after each epoch, or every `save_freq` batches, or only when a monitored number
/// improved. Keras: keras.callbacks.ModelCheckpoint.
///
/// The path may hold {epoch}, from 1, and the names of the logs, with formats: `{epoch:02}`,
/// `net-{val_loss:.2f}.safetensors`; with save_freq, only the logs of batches, "loss" and the
/// metrics. A validation's number is nan after an epoch without validation. Missing folders are
/// made. Before training, ValueError for a path that cannot be filled in or ends like a file of
/// Keras (.h5, .keras), since the format is that of Sequential::save, and for save_best_only
/// together with save_freq, and IoError for a folder that cannot be made or written to (unless its
/// name has placeholders); IoError, which ends training, when the file system refuses later.
///
/// It saves when all callbacks have had the hook: the file holds their states after it, and `best`.
struct ModelCheckpoint {
  std::string filepath = {};
  std::string monitor = "val_loss";  ///< for save_best_only
  int verbose = 0;                   ///< 1: reports through fit()'s progress sink
  bool save_best_only = false;
  bool save_weights_only = false;  ///< see SaveOptions
  MonitorMode mode = MonitorMode::automatic;
  std::optional<Count> save_freq = {};  ///< in batches of the fit(), >= 1; without it, each epoch
  std::optional<double> initial_value_threshold = {};  ///< the first number must be better

  // The state.
  std::optional<double> best = {};
  std::int64_t count = 0;  ///< batches since the last save; without save_freq, 1 to save now
  std::int64_t epoch = 0;
  Logs keys = {};  ///< of this fit(): the names that the path may hold

  void on_train_begin(const Logs& reported, Sequential& model);
  void on_epoch_begin(std::int64_t number) { epoch = number; }
  void on_train_batch_end() { count += save_freq.has_value(); }
  void on_epoch_end(std::int64_t number, const Logs& logs);
  void after_hook(const Logs& logs, Sequential& model);
  static void fields(auto& self, auto&& field) {
    field("filepath", self.filepath, rules::given);
    field("monitor", self.monitor), field("verbose", self.verbose);
    field("save_best_only", self.save_best_only);
    field("save_weights_only", self.save_weights_only), field("mode", self.mode);
    field("save_freq", self.save_freq, rules::one_or_more);
    field("initial_value_threshold", self.initial_value_threshold);
  }
  void validate() const;
  static void state(auto& self, auto&& field) {
    field("best", self.best), field("batches", self.count), field("epoch", self.epoch);
  }
};

/// Survives a killed process: saves the model and the place in training into `backup_dir` after
/// each epoch, or every `save_freq` batches, when all callbacks have had the hook. A fit() that
/// finds this file when it begins goes on from there, bit for bit, and returns the history of the
/// whole run. The end of training removes the file, so that the next fit() begins a new run. Keras:
/// keras.callbacks.BackupAndRestore.
///
///     model.fit(x, y, {.epochs = 1000, .callbacks = {BackupAndRestore{"backup"}}});
struct BackupAndRestore {
  /// Made if it is missing, but not its parent. IoError, before training, if it cannot be used.
  std::string backup_dir = {};
  std::optional<Count> save_freq = {};  ///< in batches of the fit(), >= 1; without it, each epoch
  bool delete_checkpoint = true;        ///< false: the file stays, and a later fit() starts at it

  std::int64_t count = 0;  ///< the state: batches since the last save; without save_freq, epochs

  void on_train_begin(const Logs& keys, Sequential& model);
  void on_train_batch_end() { count += save_freq.has_value(); }
  void on_epoch_end() { count += !save_freq; }
  void after_hook(const Logs& logs, Sequential& model);
  void on_train_end();
  static void fields(auto& self, auto&& field) {
    field("backup_dir", self.backup_dir, rules::given);
    field("save_freq", self.save_freq, rules::one_or_more);
    field("delete_checkpoint", self.delete_checkpoint);
  }
  static void state(auto& self, auto&& field) { field("batches", self.count); }

  /// The file in backup_dir.
  std::string path() const { return backup_dir + "/backup.safetensors"; }
};

}}  // namespace gradus
