#pragma once
/// EarlyStopping: end training when it no longer helps.

#include <optional>
#include <vector>

#include <gradus/models/monitor.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Ends training when the monitored number has not got better for `patience` epochs. Better means
/// by more than min_delta. Keras: keras.callbacks.EarlyStopping.
///
/// With restore_best_weights the weights of the best epoch are put back at the end of training,
/// whatever ended it. Keep in mind that "loss" is measured before the updates of its epoch, while
/// the weights are those after it; "val_loss" fits them.
struct EarlyStopping {
  std::string monitor = "val_loss";
  Real min_delta = 0;   ///< >= 0
  Extent patience = 0;  ///< epochs without improvement before the end, >= 0; 0 is as 1
  int verbose = 0;      ///< 1: says so through fit()'s progress sink
  MonitorMode mode = MonitorMode::automatic;
  std::optional<double> baseline = {};  ///< an epoch counts as progress only if it beats this too
  bool restore_best_weights = false;
  Extent start_from_epoch = 0;  ///< epochs before this one count for nothing

  // The state.
  std::optional<double> best = {};
  std::int64_t best_epoch = 0, wait = 0, stopped_epoch = -1;
  std::vector<Tensor> best_weights = {};

  void on_train_begin(const Logs& keys, Sequential& model);
  void on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model);
  void on_train_end(const Logs& logs, Sequential& model);
  void validate() const;
  static void state(auto& self, auto&& field) {
    field("best", self.best);
    field("best_epoch", self.best_epoch);
    field("wait", self.wait);
    field("stopped_epoch", self.stopped_epoch);
    field("best_weights", self.best_weights);
  }
};

}}  // namespace gradus
