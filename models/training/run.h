#pragma once
/// The state of a fit(): sums over batches, its place in its data, and what callbacks use.

#include <gradus/models/callback_list.h>
#include <gradus/models/fit_options.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Sums over the batches so far. Their means are those of all rows as one batch (see Loss).
struct Totals {
  /// Sums of each batch's values times its divisor, of the divisors, of penalties times rows. Files
  /// of older versions hold only the first, times rows.
  std::vector<double> loss = {};
  double rows = 0;
  std::vector<std::vector<double>> metrics = {};  ///< the sums of each, then of each weighted one
  std::optional<double> last_loss = {};           ///< of the last batch; not part of the means
  bool whole = false;  ///< the loss or a metric gave one value in all of the last batch

  /// Adds a batch whose loss is known.
  void add(const CompileOptions& with, const Batch& batch, const Tensor& y_pred,
           const BatchLoss& batch_loss);
  /// Writes the means to `logs`, under "loss" and the metrics' names with `prefix`.
  void report(const CompileOptions& with, Logs& logs, std::string_view prefix = "") const;
  /// Resets the sums.
  void clear();

  static void state(auto& self, auto&& field) {
    field("loss", self.loss);
    field("rows", self.rows);
    field("metrics", self.metrics);
    field("last_loss", self.last_loss);
  }
};

/// All metrics with their names, weighted ones last.
template <class Options, class F>
void for_each_metric(Options& with, F f) {
  std::size_t i = 0;
  for (auto& metric : with.metrics) f(i++, metric, false);
  for (auto& metric : with.weighted_metrics) f(i++, metric, true);
}

/// The place of a fit() in its data, its sums and its history. Checkpoints save it together with
/// weights and optimizer, so that training can continue. It moves when an update is applied and
/// when an epoch has ended, and at no other time; what callbacks have heard since is in their
/// state.
struct Run {
  std::int64_t epoch = 0;  ///< the epoch in training, or the next one
  std::int64_t batch = 0;  ///< batches done in it
  bool in_epoch = false;   ///< batches were done in it; so they were in one that a stop cut short,
                           ///< although the history has it
  std::int64_t rows = 0;   ///< of the training data; 0 for a BatchSource
  std::int64_t batch_size = 0;
  std::int64_t shuffle_index = 0;  ///< the index of the order in force, or the ends that a
                                   ///< BatchSource gave; see Feed
  std::int64_t position = 0;       ///< batches done of that order, or of the BatchSource
  Totals totals = {};              ///< over the batches done in this epoch, or in the last
  History history = {};
  State callbacks = {};   ///< see CallbackList, when the run was saved or ended
  std::string note = {};  ///< of load(), for the progress sink of the next fit()

  static void state(auto& self, auto&& field) {
    field("epoch", self.epoch);
    field("batch", self.batch);
    field("in_epoch", self.in_epoch);
    field("rows", self.rows);
    field("batch_size", self.batch_size);
    field("shuffle_index", self.shuffle_index);
    field("position", self.position);
    field("totals", self.totals);
    field("history", self.history);
  }
};

/// The part of a running fit() that callbacks and save() use.
struct Session {
  Progress progress;
  CallbackList callbacks;
  const Batch* rows = nullptr;  ///< in memory, that fit() trains on; null for a BatchSource
  bool begun = false;           ///< on_train_begin is over, and the callbacks have their state
};

}}}  // namespace gradus::detail
