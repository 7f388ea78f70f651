#pragma once
/// ModelCheckpoint and BackupAndRestore: saving while training.

#include <optional>
#include <string>

#include <gradus/models/monitor.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Saves the model after each epoch, or every `save_freq` batches, or only when a monitored number
/// got better. Keras: keras.callbacks.ModelCheckpoint.
///
/// The path may hold {epoch}, from 1, and the names of the logs, with formats: `{epoch:02}`,
/// `net-{val_loss:.2f}.safetensors`; with save_freq, only what the logs of batches have, "loss" and
/// the metrics. A number of the validation is nan after an epoch without one. ValueError, before
/// training, for a path that cannot be filled in, and for save_best_only together with save_freq;
/// what the file system refuses, or a folder that is not there, is an IoError, which ends training.
struct ModelCheckpoint {
  std::string filepath = {};
  std::string monitor = "val_loss";  ///< for save_best_only
  int verbose = 0;                   ///< 1: says so through fit()'s progress sink
  bool save_best_only = false;
  bool save_weights_only = false;  ///< see SaveOptions
  MonitorMode mode = MonitorMode::automatic;
  std::optional<Extent> save_freq = {};  ///< every so many batches of the fit(); without it, epochs
  std::optional<double> initial_value_threshold = {};  ///< what the first must be better than

  // The state.
  std::optional<double> best = {};
  std::int64_t batches = 0, epoch = 0;
  Logs keys = {};  ///< of this fit(): what the path may hold

  static constexpr bool runs_last = true;  // so that what it saves of the others is complete
  void on_train_begin(const Logs& reported, Sequential& model);
  void on_epoch_begin(std::int64_t number);
  void on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model);
  void on_epoch_end(std::int64_t number, const Logs& logs, Sequential& model);
  void validate() const;
  static void state(auto& self, auto&& field) {
    field("best", self.best);
    field("batches", self.batches);
    field("epoch", self.epoch);
  }

 private:
  void save(const Logs& logs, Sequential& model) const;
};

/// Survives being killed: saves the model and the place in training into `backup_dir` after each
/// epoch, or every `save_freq` batches; where fit() finds such a file when it begins, it goes on
/// from there, bit for bit, and returns the history of the whole run. At the end the file is
/// removed, so that the next fit() is a new one. Keras: keras.callbacks.BackupAndRestore.
///
///     model.fit(x, y, {.epochs = 1000, .callbacks = {BackupAndRestore{"backup"}}});
struct BackupAndRestore {
  std::string backup_dir = {};           ///< made if it is missing, but not its parent
  std::optional<Extent> save_freq = {};  ///< every so many batches of the fit(); without it, epochs
  bool delete_checkpoint = true;         ///< false: the file stays, and a later fit() starts at it

  std::int64_t batches = 0;  ///< the state

  static constexpr bool runs_last = true;
  void on_train_begin(const Logs& keys, Sequential& model);
  void on_train_batch_end(std::int64_t batch, const Logs& logs, Sequential& model);
  void on_epoch_end(std::int64_t number, const Logs& logs, Sequential& model);
  void on_train_end();
  void validate() const;
  static void state(auto& self, auto&& field) { field("batches", self.batches); }

  /// The file in backup_dir.
  std::string path() const { return backup_dir + "/backup.safetensors"; }
};

}}  // namespace gradus
