#pragma once
/// ReduceLROnPlateau: lowers the rate when training no longer helps.

#include <gradus/models/monitor.h>
#include <gradus/models/sequential.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Multiplies the rate by `factor` when the monitored number has not improved for `patience`
/// epochs. It works with every schedule, which goes on, scaled. Keras:
/// keras.callbacks.ReduceLROnPlateau, which takes numbers only.
struct ReduceLROnPlateau {
  std::string monitor = "val_loss";
  Real factor = 0.1;    ///< in (0, 1)
  Count patience = 10;  ///< epochs without improvement before a reduction; 0 is as 1
  int verbose = 0;      ///< 1: reports through fit()'s progress sink
  MonitorMode mode = MonitorMode::automatic;
  Real min_delta = 1e-4;  ///< an improvement must be larger than this, >= 0
  Count cooldown = 0;     ///< epochs after a reduction that are not counted
  Real min_lr = 0;        ///< the lowest rate, >= 0

  Plateau plateau = {};  ///< the state

  void on_train_begin(const Logs& keys, Sequential& model);
  void on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model);
  static void fields(auto& self, auto&& field) {
    field("monitor", self.monitor), field("factor", self.factor, rules::inside_unit_interval);
    field("patience", self.patience, rules::zero_or_more);
    field("verbose", self.verbose), field("mode", self.mode);
    field("min_delta", self.min_delta, rules::not_negative);
    field("cooldown", self.cooldown, rules::zero_or_more);
    field("min_lr", self.min_lr, rules::not_negative);
  }
  static void state(auto& self, auto&& field) { Plateau::state(self.plateau, field); }
};

}}  // namespace gradus
