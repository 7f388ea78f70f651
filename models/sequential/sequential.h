#pragma once
/// Sequential: layers one after the other, and Keras's compile, fit, evaluate, predict.

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gradus/models/fit_options.h>
#include <gradus/models/history.h>
#include <gradus/models/layer.h>
#include <gradus/models/run.h>
#include <gradus/models/session.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A chain of layers.
///
///     Sequential model{Dense{.units = 16, .activation = tanh}, Dense{.units = 1}};
///     model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
///     History history = model.fit(x, y, {.epochs = 20});
///     Tensor answer = model.predict({{0.5}});
///
/// Data is rows: x (n, features...), where (n) counts as (n, 1); y as the loss wants it. Weights
/// are made from the seed when the first data shows the number of features. A copy of a model is a
/// model of its own. Data with nan or infinity in it is refused (ValueError) before anything
/// happens. A model that is no chain is a struct of layers, put in as the one layer: see
/// models/layer.h.
class Sequential {
 public:
  /// ValueError without layers. Layers that share a weight go on sharing it.
  Sequential(std::initializer_list<Layer> layers);
  explicit Sequential(std::vector<Layer> layers);
  Sequential(const Sequential& other);
  Sequential(Sequential&& other);
  Sequential& operator=(Sequential other);
  ~Sequential() = default;

  /// Sets what fit() and evaluate() use. Weights that exist stay. ValueError when an option of the
  /// optimizer names a parameter that the model does not have (here or in build()), StateError for
  /// an optimizer that has worked on other parameters, and inside a fit().
  void compile(CompileOptions options);
  /// Makes the weights for inputs of this shape; axis 0 is the batch's, of no meaning. fit() and
  /// predict() do it by themselves. ShapeError when layers do not fit together.
  void build(const Shape& input);

  /// Trains: for each epoch, for each batch, one update of the optimizer. Updates count on from one
  /// call to the next, and so does the schedule.
  /// Each number is checked before it is used: NumericError with epoch, batch, step, rate and the
  /// last finite loss when a loss, a gradient or a rate is not finite; the weights are those before
  /// that update. StateError before compile(), ShapeError and ValueError for data that does not
  /// fit.
  History fit(const Tensor& x, const Tensor& y, const FitOptions& options = {});
  /// The same from batches that come one at a time. Each is checked as it comes. `shuffle` and
  /// `batch_size` are the source's business; validation_split, sample_weight and class_weight are
  /// ValueErrors. An epoch without a batch is a StateError.
  History fit(BatchSource source, const FitOptions& options = {});
  /// One update on these rows; their loss and metrics before it. The callbacks of a fit() know
  /// nothing of it.
  Evaluation train_on_batch(const Tensor& x, const Tensor& y, const BatchOptions& options = {});
  /// Loss and metrics without training.
  Evaluation evaluate(const Tensor& x, const Tensor& y, const EvaluateOptions& options = {});
  /// Of these rows as one batch.
  Evaluation test_on_batch(const Tensor& x, const Tensor& y, const BatchOptions& options = {});
  /// The outputs, row by row. StateError before compile() and build().
  Tensor predict(const Tensor& x, const EvaluateOptions& options = {});

  /// One pass through the layers, recorded, for hand-written loops; without a mode, as predict()
  /// sees them. StateError before build().
  Tensor operator()(const Tensor& x);
  Tensor operator()(const Tensor& x, const Mode& mode);
  /// The trainable tensors, in Keras's order: kernel, bias, kernel, ... StateError before build().
  const std::vector<Tensor>& parameters() const;
  /// All weights with their names, `dense/kernel`, `dense_1/bias`, in Keras's order; beside the
  /// trainable ones such as a moving mean. StateError before build().
  const std::vector<Weight>& weights() const;
  /// Copies of all weights' values, in that order.
  std::vector<Tensor> get_weights() const;
  /// All or nothing: ValueError unless there are as many as weights() and all are finite,
  /// ShapeError unless the shapes agree.
  void set_weights(std::span<const Tensor> weights);
  void set_weights(const std::vector<Tensor>& weights) {
    set_weights(std::span<const Tensor>(weights));
  }

  /// The optimizer given to compile(), with its counter. StateError before.
  Optimizer& optimizer();
  const Optimizer& optimizer() const;
  /// Saves all that the model is in one file, in the safetensors form that PyTorch, JAX and NumPy
  /// read: weights/..., optimizer/... (slots, averages), run/... (counters, seed, history, state of
  /// callbacks), and the optimizer and its rate as texts. At every moment the file holds the old
  /// content or the new; its numbers are those between two updates. StateError before build(),
  /// IoError when the system refuses.
  void save(const std::string& path, const SaveOptions& options = {}) const;
  /// Brings back what save() saved, into a model of the same layers and, for all but the weights,
  /// compiled with an optimizer of the same type; builds the model if it was not. All or nothing.
  ///
  /// Training goes on bit for bit: fit() with `resume` at the very batch, without it with a new
  /// run. The rate is the file's; but when the model was compiled with another one than the file's,
  /// a schedule is not replaced by a mere number, nor anything by a function, which no file holds.
  ///
  /// IoError, FormatError for a file that is damaged or lacks or adds something, ShapeError for
  /// weights of other shapes, StateError for another optimizer, or inside a fit() after
  /// on_train_begin.
  void load(const std::string& path, const LoadOptions& options = {});

  /// What the last fit() recorded, or the one that load() brought.
  const History& history() const { return run_.history; }
  /// The loss of the last batch that fit() trained on, before its update; nan before the first.
  double last_loss() const;
  /// Set by a callback, or whoever else, to end training after the batch in work.
  bool stop_training = false;
  /// For callbacks: a line for fit()'s progress sink. Outside fit() it goes nowhere.
  void report(std::string_view line) const;
  /// Whether the metric of that key in History is better when lower or higher; none for others.
  MonitorMode direction_of(std::string_view metric) const;
  /// Keras's table of layers, output shapes and parameter counts.
  std::string summary() const;

 private:
  struct Fit;

  CompileOptions& compiled(const char* caller);
  void check_compiled(const char* caller) const;
  void check_built(const char* caller) const;
  void swap(Sequential& other);
  /// Keras's name of a layer, and with the type: `dense_1`, `dense_1 (Dense)`.
  std::string layer_name(std::size_t layer) const;
  std::string name_of(std::size_t layer) const;
  /// What build() makes.
  struct Built {
    std::vector<Layer> layers;
    std::vector<Shape> output_shapes;  ///< of each layer, for one row
    std::vector<Weight> weights;
    std::vector<Tensor> parameters;
    Shape input_shape;
  };
  /// As it would be built for such inputs; changes nothing yet.
  Built built_for(const Shape& input) const;
  void adopt(Built built);
  /// x as rows that fit the model, as it is or would be built.
  Tensor checked_input(const char* caller, const Tensor& x) const;
  /// The same with targets, checked against the loss, and weights; builds the model if it was not.
  Batch checked_batch(const char* caller, const Batch& batch);
  /// The loss of a batch, with the penalties of the weights.
  Tensor loss_of(const Batch& batch, const Tensor& y_pred) const;
  /// StateError while fit() runs, in a callback.
  void check_idle(const char* caller) const;
  /// One training step. The fault says which number was not finite; then nothing has changed.
  detail::Fault train_step(const Batch& batch, Random random, detail::Totals& totals);
  void finish_step();
  detail::Totals evaluate_rows(const Batch& data, std::int64_t batch_size, std::int64_t steps,
                               std::vector<Callback>& callbacks);
  Evaluation evaluation(const detail::Totals& totals) const;
  void call(std::vector<Callback>& callbacks, detail::Hook hook, std::int64_t index,
            const Logs& logs);

  std::vector<Layer> layers_;
  std::vector<Shape> output_shapes_;  ///< of each layer, for one row; known once built
  std::optional<Shape> input_shape_;
  std::vector<Weight> weights_;
  std::vector<Tensor> parameters_, gradients_;  ///< of weights_, the trainable ones
  std::optional<CompileOptions> compiled_;
  Step batches_ = 0;  ///< trained on so far: what shuffles and Dropout are keyed by
  detail::Run run_;
  detail::Session* session_ = nullptr;  ///< while a fit() runs
  std::vector<Mode::Assignment> assignments_;
};

/// The texts that save() was given to keep in this file. IoError, or FormatError for a file that
/// is damaged or was not written by save().
std::map<std::string, std::string> read_metadata(const std::string& path);

}}  // namespace gradus
