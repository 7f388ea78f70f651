#pragma once
/// The state of a fit(): its sums, its place in its data, its callbacks and what they have heard.

#include <gradus/models/callback.h>
#include <gradus/models/fit_options.h>

namespace gradus { inline namespace GRADUS_VARIANT { namespace detail {

/// Sums over the batches so far. Their means are those of all rows as one batch (see Loss).
struct Totals {
  /// Sums of each batch's values times its divisor, of the divisors, of penalties times rows, as
  /// reported: see CompileOptions::target_deviation. Older files hold only the first, times rows.
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
    field("loss", self.loss), field("rows", self.rows);
    field("metrics", self.metrics), field("last_loss", self.last_loss);
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
/// when an epoch has ended, and at no other time; what callbacks heard since is in their state.
struct Run {
  std::int64_t epoch = 0;  ///< the epoch in training, or the next one
  std::int64_t batch = 0;  ///< batches done in it
  bool in_epoch = false;   ///< batches were done in it; so they were in one that a stop cut short,
                           ///< although the history has it
  std::int64_t rows = 0;   ///< of the training data; 0 for a BatchSource
  std::int64_t batch_size = 0;
  std::int64_t shuffle_index = 0;          ///< the index of the order in force, or the ends that a
                                           ///< BatchSource gave; see Feed
  std::int64_t position = 0;               ///< batches done of that order, or of the BatchSource
  Sampling sampling = Sampling::shuffled;  ///< of FitOptions
  Totals totals = {};                      ///< over the batches done in this epoch, or in the last
  History history = {};
  State callbacks = {};   ///< see CallbackList, when the run was saved or ended
  std::string note = {};  ///< of load(), for the progress sink of the next fit()

  static void state(auto& self, auto&& field) {
    field("epoch", self.epoch), field("batch", self.batch);
    field("in_epoch", self.in_epoch), field("rows", self.rows);
    field("batch_size", self.batch_size), field("shuffle_index", self.shuffle_index);
    field("position", self.position), field("sampling", self.sampling);
    field("totals", self.totals), field("history", self.history);
  }
};

/// The callbacks of one fit(), evaluate() or predict().
///
/// A run moves when an update is applied and when an epoch has ended. Between two moves its hooks
/// come in a fixed order, so the number of those that are over, and who has heard the next one, is
/// a place in the run. state() holds it: a resumed run takes the same path from the last move on,
/// and calls only what was not heard. A hook that throws was not heard; one that saves was.
class CallbackList {
 public:
  explicit CallbackList(std::vector<Callback> callbacks)
      : all_(std::move(callbacks)), heard_(all_.size()) {}

  bool empty() const { return all_.empty(); }
  bool has(Hook hook) const;
  /// Calls the hook of each callback, in the order that callback.h states.
  void call(Hook hook, std::int64_t index, const Logs& logs, Sequential& model);
  /// Adds the numbers of all callbacks.
  void add_to(Logs& logs) const {
    for (const Callback& callback : all_) callback.add_to(logs);
  }
  /// The run has moved.
  void moved() { at_ = over_ = 0; }

  /// The state of all callbacks, under `EarlyStopping/0`: the type, and its number among that type.
  /// The place is under `heard`.
  State state() const;
  /// Reads it back. A callback without saved state keeps its own; unknown state is dropped. Where
  /// the state says nothing of the place, as in older files, `over` hooks are over.
  void load(State state, std::int64_t over);
  /// From now on state() is that of this moment.
  void hold() { held_ = state(); }

 private:
  enum Heard : std::int64_t { nothing, the_hook, after_hook };  ///< by a callback, of a hook
  std::string name(std::size_t i) const;

  std::vector<Callback> all_;
  std::vector<std::int64_t> heard_;  ///< by each callback, of the hook that is not over
  std::int64_t at_ = 0, over_ = 0;   ///< hooks since the last move: passed again, and over
  std::optional<State> held_ = {};
};

/// The part of a running fit() that callbacks and save() use.
struct Session {
  Progress progress;
  CallbackList callbacks;
  const Batch* rows = nullptr;  ///< in memory, that fit() trains on; null for a BatchSource
  bool begun = false;           ///< on_train_begin is over, and the callbacks have their state
};

}}}  // namespace gradus::detail
