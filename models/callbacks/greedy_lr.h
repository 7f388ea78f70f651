#pragma once
/// GreedyLR: raises the rate while training helps, lowers it when it no longer does.

#include <gradus/models/monitor.h>
#include <gradus/models/sequential.h>
#include <gradus/schedules/greedy.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Scales the rate by a Greedy, which observes the monitored number after each epoch that has it.
/// Works with every schedule: the schedule goes on, scaled. A reset returns to the schedule as it
/// was when fit() began. Source: `greedy` of Hugging Face transformers, which counts steps.
///
///     model.fit(x, y, {.epochs = 50, .callbacks = {GreedyLR{
///         .monitor = "loss", .greedy = {.factor = 0.9, .patience = 2, .max_lr = 0.5}}}});
struct GreedyLR {
  std::string monitor = "val_loss";
  int verbose = 0;  ///< 1: reports changes through fit()'s progress sink
  MonitorMode mode = MonitorMode::automatic;
  Greedy greedy = {};  ///< the options, apart from its mode, and the state

  void on_train_begin(const Logs& keys, Sequential& model);
  void on_epoch_end(std::int64_t epoch, const Logs& logs, Sequential& model);
  static void fields(auto& self, auto&& field) {
    field("monitor", self.monitor), field("verbose", self.verbose), field("mode", self.mode);
  }
  static void state(auto& self, auto&& field) { Greedy::state(self.greedy, field); }
  void validate() const { detail::validate(greedy); }
};

}}  // namespace gradus
