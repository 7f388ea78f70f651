#pragma once
/// Options of compile(), fit(), evaluate(), save() and load(); Batch and BatchSource, fit()'s data.

#include <gradus/models/callback.h>
#include <gradus/models/dataset.h>
#include <gradus/models/metrics.h>
#include <gradus/models/progress.h>
#include <gradus/models/sampling.h>
#include <gradus/optim/optimizer.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// Inputs, targets and optional weights: one row per example.
struct Batch {
  Batch() = default;
  Batch(Tensor inputs, Tensor targets, Tensor weights = {})
      : x(std::move(inputs)), y(std::move(targets)), sample_weight(std::move(weights)) {}
  Batch(const Dataset& data) : x(data.x), y(data.y) {}

  Tensor x = {}, y = {};
  Tensor sample_weight = {};  ///< (rows) or (rows, 1); without elements: every row weighs 1

  std::int64_t rows() const { return detail::rows_of(x); }
};

/// Rows for validation, or none. A pair of tensors needs no type: `.validation_data = {x, y}`, or
/// with weights `{x, y, sample_weight}`; a Dataset, a Batch or an optional of one will do, too.
struct ValidationData : std::optional<Batch> {
  using std::optional<Batch>::optional;
  ValidationData(std::optional<Batch> rows) : optional(std::move(rows)) {}
  ValidationData(Tensor x, Tensor y, Tensor sample_weight = {})
      : optional(Batch(std::move(x), std::move(y), std::move(sample_weight))) {}
};

/// A callable that gives one batch at a time, as a Batch or a Dataset, or an optional of one: an
/// empty optional ends the epoch. It takes nothing, or the number of the batch, counted from 0 over
/// all epochs of a fit(); with the number, a resumed run asks for exactly the batches it lacks,
/// without it, it draws those it had and drops them.
///
///     model.fit([&](std::int64_t i) { return read_chunk(i % chunks); },
///               {.epochs = 3, .steps_per_epoch = chunks});
class BatchSource {
 public:
  template <class F>
  requires(!std::same_as<F, BatchSource> &&
           (std::is_invocable_v<F&> || std::is_invocable_v<F&, std::int64_t>)) BatchSource(F source)
      : numbered_(std::is_invocable_v<F&, std::int64_t>),
        next_([source = std::move(source)](std::int64_t i) mutable {
          if constexpr (std::is_invocable_v<F&, std::int64_t>)
            return as_batch(source(i));
          else
            return (void)i, as_batch(source());
        }) {}

  std::optional<Batch> operator()(std::int64_t number) { return next_(number); }
  /// Whether batches are asked for by number.
  bool numbered() const { return numbered_; }

 private:
  static std::optional<Batch> as_batch(Batch batch) { return batch; }
  template <class B>
  static std::optional<Batch> as_batch(const std::optional<B>& batch) {
    return batch ? std::optional<Batch>(*batch) : std::nullopt;
  }

  bool numbered_;
  std::function<std::optional<Batch>(std::int64_t)> next_;
};

/// A vector that says what one item without braces lacks.
template <class T>
struct List : std::vector<T> {
  using std::vector<T>::vector;
  List(std::vector<T> items) : std::vector<T>(std::move(items)) {}
  template <std::convertible_to<T> Item>
  List(Item) {
    static_assert(std::is_void_v<Item>,
                  "a list needs braces: .metrics = {Accuracy{}}, .callbacks = {...}");
  }
};

struct CompileOptions {
  Optimizer optimizer;                 ///< such as SGD{.learning_rate = 0.1}
  Loss loss;                           ///< such as MeanSquaredError{}
  List<Metric> metrics = {};           ///< such as {Accuracy{}}; they ignore sample weights
  List<Metric> weighted_metrics = {};  ///< these count each row by its sample weight
  std::uint64_t seed = 0;              ///< of the first weights, the batches and Dropout
  /// Threads that share the large ops of fit(), evaluate() and predict(), >= 1 (ValueError). The
  /// results are the same bits at any count. When more than one pays: see Threads.
  Count threads = 1;
  /// What the targets were divided by for training, > 0 and finite (ValueError): their deviation,
  /// if they were standardised. Whatever reports a loss or a metric reports it in the targets' own
  /// units, so multiplied by target_deviation^degree: fit() and its callbacks, evaluate(), loss(),
  /// last_loss(), find_learning_rate(). The degree is 2 for MeanSquaredError, Huber and LogCosh, 1
  /// for MeanAbsoluteError and RootMeanSquaredError, 0 for R2Score. A loss or metric without a
  /// degree (Poisson, a percentage, a cosine, a lambda) is a ValueError unless this is 1, because
  /// divided targets give it another meaning. Penalties are multiplied like the loss. Huber's
  /// `delta` and the bend of LogCosh are in deviations; `min_delta` and `baseline` of callbacks are
  /// in own units. Training, gradients, batch_loss() and predict() keep the divided targets. save()
  /// does not write it, as it does not write the loss.
  double target_deviation = 1;

  /// What a number of this degree is multiplied by.
  double unit(std::optional<int> degree) const {
    double unit = 1;
    for (int i = degree.value_or(0); i > 0; --i) unit *= target_deviation;
    return unit;
  }
};

/// A weight for each row of a class by its number; 1 for classes not in it.
using ClassWeight = std::map<std::int64_t, double>;

/// Options of fit(), in the order of Keras's arguments; ours come after. ValueError for a value out
/// of range.
struct FitOptions {
  Count batch_size = 32;  ///< rows per update, >= 1; the last batch of an epoch may be short
  Count epochs = 1;       ///< the number of the last epoch, >= 0: passes over the data
  int verbose = 1;        ///< 0 silent, 1 a bar on a terminal (else as 2), 2 a line per epoch
  List<Callback> callbacks = {};        ///< such as {EarlyStopping{.patience = 3}}
  double validation_split = 0;          ///< share held back, from the end: see rows_kept(); [0, 1)
  ValidationData validation_data = {};  ///< evaluated after epochs; wins over the split
  bool shuffle = true;                  ///< a new order of the training rows each epoch
  ClassWeight class_weight = {};        ///< rows of class k weigh class_weight[k]
  /// (rows): how much each row's loss counts: sum(w l) / rows. ValueError with class_weight.
  Tensor sample_weight = {};
  Count initial_epoch = 0;  ///< the first epoch's number; touches neither counter nor schedule
  /// Batches per epoch, >= 1; the next epoch starts at the next row. Default: all rows.
  std::optional<Count> steps_per_epoch = {};
  std::optional<Count> validation_steps = {};       ///< maximum number of validation batches
  std::optional<Count> validation_batch_size = {};  ///< default: batch_size
  Count validation_freq = 1;  ///< validates after epochs whose number + 1 is a multiple
  /// A loss, gradient or rate that is not finite: false throws NumericError, true ends training
  /// with history.diverged(). Either way the weights are those before that update.
  bool terminate_on_nan = false;
  /// Continues the run that load() read, or the last fit() up to a later epoch: at its epoch and
  /// batch, with its history and the state of its callbacks. Without either, a new run begins.
  bool resume = false;
  /// The rows of each batch: see Sampling. With fresh and replacement they depend only on the seed
  /// and the number of the batch. ValueError for these two with `shuffle = false`, and for a
  /// BatchSource with another value than shuffled; StateError if a resumed run had another value.
  Sampling sampling = Sampling::shuffled;
  ProgressSink progress = {};  ///< where progress goes; default: standard error
  /// Unless verbose is 0, fit() says once through the sink, as `note: learning_rate: ...`, what
  /// inspect() (schedules/inspect.h) finds in the rate over the updates until the last epoch: a
  /// rate of 0 for much of the run, one that hardly moves, as when it was written in epochs, one
  /// that is longer or shorter than the run. It needs the number of batches in an epoch. A good
  /// schedule gives no note, and a constant none. A function is called for this up to 65,000 times.
  bool inspect = true;

  static void fields(auto& self, auto&& field) {  // those that have a rule
    using namespace rules;
    constexpr Rule verbosity{[](double v) { return v >= 0 && v <= 2; }, "0, 1 or 2"};
    field("batch_size", self.batch_size, one_or_more);
    field("epochs", self.epochs, zero_or_more);
    field("verbose", self.verbose, verbosity);
    field("validation_split", self.validation_split, below_one);
    field("initial_epoch", self.initial_epoch, zero_or_more);
    field("steps_per_epoch", self.steps_per_epoch, one_or_more);
    field("validation_steps", self.validation_steps, one_or_more);
    field("validation_batch_size", self.validation_batch_size, one_or_more);
    field("validation_freq", self.validation_freq, one_or_more);
  }
};

struct EvaluateOptions {
  Count batch_size = 32;            ///< rows at a time, >= 1; results do not depend on it
  Tensor sample_weight = {};        ///< (rows), evaluate() only
  std::optional<Count> steps = {};  ///< maximum number of batches
  List<Callback> callbacks = {};

  static void fields(auto& self, auto&& field) {  // those that have a rule
    field("batch_size", self.batch_size, rules::one_or_more);
    field("steps", self.steps, rules::one_or_more);
  }
};

struct SaveOptions {
  bool weights_only = false;  ///< without optimizer and run: all that predict() needs
  /// Texts for read_metadata(): UTF-8 without NUL, under names of at most
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
