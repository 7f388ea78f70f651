#pragma once
/// EarlyStopping: ends training when it no longer helps.

#include <gradus/models/monitor.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Ends training when the monitored number has not improved by more than min_delta for `patience`
/// epochs. Keras: keras.callbacks.EarlyStopping.
///
/// With restore_best_weights, the end of training, for any reason, puts back the weights of the
/// best epoch. An epoch's "loss" is measured before each of its updates, its weights are those
/// after the last; "val_loss" belongs to these weights.
struct EarlyStopping {
  std::string monitor = "val_loss";
  Real min_delta = 0;  ///< >= 0
  Count patience = 0;  ///< epochs without improvement before the end, >= 0; 0 is as 1
  int verbose = 0;     ///< 1: reports through fit()'s progress sink
  MonitorMode mode = MonitorMode::automatic;
  std::optional<double> baseline = {};  ///< an improvement counts only if it also beats this
  bool restore_best_weights = false;
  Count start_from_epoch = 0;  ///< epochs before this one are ignored, >= 0

  // The state.
  std::optional<double> best = {};
  std::int64_t best_epoch = 0, wait = 0, stopped_epoch = -1;
  std::vector<Tensor> best_weights = {};

  void on_train_begin(const Logs& keys, Sequential& model);
  void on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model);
  void on_train_end(const Logs& logs, Sequential& model);
  static void fields(auto& self, auto&& field) {
    field("monitor", self.monitor), field("min_delta", self.min_delta, rules::not_negative);
    field("patience", self.patience, rules::zero_or_more);
    field("verbose", self.verbose), field("mode", self.mode), field("baseline", self.baseline);
    field("restore_best_weights", self.restore_best_weights);
    field("start_from_epoch", self.start_from_epoch, rules::zero_or_more);
  }
  static void state(auto& self, auto&& field) {
    field("best", self.best), field("best_epoch", self.best_epoch), field("wait", self.wait);
    field("stopped_epoch", self.stopped_epoch), field("best_weights", self.best_weights);
  }
};

}}  // namespace gradus
