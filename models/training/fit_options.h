#pragma once
/// What compile(), fit() and evaluate() are told.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gradus/models/batch.h>
#include <gradus/models/callback.h>
#include <gradus/models/losses.h>
#include <gradus/models/metrics.h>
#include <gradus/models/progress.h>
#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

struct CompileOptions {
  Optimizer optimizer;                        ///< such as SGD{.learning_rate = 0.1}
  Loss loss;                                  ///< such as MeanSquaredError{}
  std::vector<Metric> metrics = {};           ///< such as {Accuracy{}}; they ignore sample weights
  std::vector<Metric> weighted_metrics = {};  ///< these count each row by its sample weight
  std::uint64_t seed = 0;                     ///< of the first weights, the shuffles and Dropout
  /// That share the large ops of fit(), evaluate(), predict() and their kin, >= 1 (ValueError). The
  /// bits are the same at any count; what it takes to pay: see Threads.
  Extent threads = 1;
};

/// A weight for each row of a class by its number; 1 for classes not in it.
using ClassWeight = std::map<std::int64_t, double>;

/// In the order of Keras's arguments; ours after them. ValueError for what is out of range.
struct FitOptions {
  Extent batch_size = 32;  ///< rows per update, >= 1; the last batch of an epoch may be short
  Extent epochs = 1;       ///< the number of the last epoch, >= 0: passes over the data
  int verbose = 1;         ///< 0 silent, 1 a bar on a terminal (else as 2), 2 a line per epoch
  std::vector<Callback> callbacks = {};  ///< such as {EarlyStopping{.patience = 3}}
  double validation_split = 0;  ///< this share of the rows, the last ones, is held back; in [0, 1)
  std::optional<Batch> validation_data = {};  ///< evaluated after epochs; wins over the split
  bool shuffle = true;                        ///< a new order of the training rows each epoch
  ClassWeight class_weight = {};              ///< rows of class k weigh class_weight[k]
  /// (rows): how much each row's loss counts. A batch's loss is sum(w l) / rows. Not together with
  /// class_weight (ValueError).
  Tensor sample_weight = {};
  Extent initial_epoch = 0;  ///< the first epoch's number; touches neither counter nor schedule
  /// Batches that make an epoch, >= 1; the next epoch goes on where the rows stood. Without it:
  /// all.
  std::optional<Extent> steps_per_epoch = {};
  std::optional<Extent> validation_steps = {};       ///< at most so many validation batches
  std::optional<Extent> validation_batch_size = {};  ///< default: batch_size
  Extent validation_freq = 1;  ///< validates after epochs whose number + 1 is a multiple
  /// A loss, gradient or rate that is not finite: false throws NumericError, true ends training
  /// with history.diverged(). Either way the weights are those before that update.
  bool terminate_on_nan = false;
  /// Goes on with the run that load() brought, or with the last fit() up to a later epoch: at its
  /// epoch and batch, with its history and its callbacks' state. With none, a new run begins.
  bool resume = false;
  ProgressSink progress = {};  ///< where progress goes; default: standard error
};

struct EvaluateOptions {
  Extent batch_size = 32;            ///< rows at a time, >= 1; results do not depend on it
  Tensor sample_weight = {};         ///< (rows), evaluate() only
  std::optional<Extent> steps = {};  ///< at most so many batches
  std::vector<Callback> callbacks = {};
};

struct SaveOptions {
  bool weights_only = false;  ///< without optimizer and run: all that predict() needs
  /// Texts to be kept in the file, for read_metadata(): UTF-8 without NUL, under names of at most
  /// 200 bytes without control characters, all together less than 1 MiB (ValueError).
  std::map<std::string, std::string> metadata = {};
};

struct LoadOptions {
  bool weights_only = false;      ///< leaves optimizer, seed and run as they are
  bool allow_non_finite = false;  ///< false: nan or infinity in a weight or slot is a FormatError
};

/// For train_on_batch() and test_on_batch().
struct BatchOptions {
  Tensor sample_weight = {};      ///< (rows)
  ClassWeight class_weight = {};  ///< train_on_batch() only; not together with sample_weight
};

}}  // namespace gradus
