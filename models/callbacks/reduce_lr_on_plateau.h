#pragma once
/// ReduceLROnPlateau: lower the rate when training no longer helps.

#include <gradus/models/monitor.h>
#include <gradus/models/sequential.h>
#include <gradus/schedules/plateau.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Multiplies the rate by `factor` when the monitored number has not got better for `patience`
/// epochs. It works with every schedule: what was scheduled goes on, scaled. Keras:
/// keras.callbacks.ReduceLROnPlateau, which takes numbers only.
struct ReduceLROnPlateau {
  std::string monitor = "val_loss";
  Real factor = 0.1;     ///< in (0, 1)
  Extent patience = 10;  ///< epochs without improvement before a reduction; 0 is as 1
  int verbose = 0;       ///< 1: says so through fit()'s progress sink
  MonitorMode mode = MonitorMode::automatic;
  Real min_delta = 1e-4;  ///< what counts as better must be better by more than this
  Extent cooldown = 0;    ///< epochs after a reduction in which none is counted
  Real min_lr = 0;        ///< no reduction goes below this rate

  Plateau plateau = {};  ///< the state

  void on_train_begin(const Logs& keys, Sequential& model);
  void on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model);
  void validate() const;
  static void state(auto& self, auto&& field) {
    field("best", self.plateau.best);
    field("wait", self.plateau.wait);
    field("cooldown_left", self.plateau.cooldown_left);
    field("scale", self.plateau.scale);
  }
};

}}  // namespace gradus
