#pragma once
/// Sequential: layers one after the other, and Keras's compile, fit, evaluate, predict.

#include <gradus/models/layer.h>
#include <gradus/models/run.h>

namespace gradus { inline namespace GRADUS_VARIANT {

/// A chain of layers.
///
///     Sequential model{Dense{.units = 16, .activation = tanh}, Dense{.units = 1}};
///     model.compile({.optimizer = SGD{.learning_rate = 0.1}, .loss = MeanSquaredError{}});
///     History history = model.fit(x, y, {.epochs = 20});
///     Tensor answer = model.predict({{0.5}});
///
/// Data is rows: x (n, features...), where (n) counts as (n, 1); y as the loss needs it. The first
/// data gives the number of features, and then the seed gives the initial weights. Data that
/// contains nan or infinity is a ValueError, before any update. For a model with branches, write a
/// struct of layers and pass it as the only layer: see models/layer.h.
///
/// A copy shares nothing with the model: every tensor that layers, loss, metrics and optimizer hold
/// or capture is copied, so the two may train in different threads, each on its own tensors. Only
/// what a struct reaches through a pointer stays shared. One model belongs to one thread at a time.
///
/// Memory that runs out is std::bad_alloc, and the model is as before the call: an assignment,
/// compile(), build(), set_weights() and load() act whole or not at all, and fit() and
/// train_on_batch() leave the model at its last completed update, from which fit() resumes.
class Sequential {
 public:
  /// ValueError without layers. Layers that share a weight still share it.
  Sequential(std::initializer_list<Layer> layers);
  explicit Sequential(std::vector<Layer> layers);
  Sequential(const Sequential& other);
  Sequential(Sequential&& other) { swap(other); }  // leaves the other without layers
  Sequential& operator=(Sequential other) {
    swap(other);
    return *this;
  }
  ~Sequential() = default;

  /// Sets optimizer, loss and metrics. Existing weights stay, also where they are averages that
  /// the old optimizer shows (use_ema). Gradients that were only collected are dropped. ValueError
  /// when an option of the optimizer names a parameter that the model does not have (here or in
  /// build()); StateError for an optimizer that has updated other parameters, and inside a fit().
  void compile(CompileOptions options);
  /// Makes the weights for inputs of this shape; axis 0 is the batch size and is ignored. fit() and
  /// predict() call it when needed. ShapeError when layers do not fit together.
  void build(const Shape& input);

  /// Trains: for each epoch, for each batch, one update of the optimizer. The next call continues
  /// the count of updates, and so the schedule.
  /// NumericError with epoch, batch, step, rate and the last finite loss when a loss, a gradient or
  /// a rate is not finite; the weights are those before that update. StateError before compile(),
  /// ShapeError and ValueError for data that does not fit.
  History fit(const Tensor& x, const Tensor& y, const FitOptions& options = {});
  /// Trains on batches from a source, and checks each batch. `shuffle` and `batch_size` have no
  /// effect; validation_split, sample_weight and class_weight are ValueErrors. An epoch without a
  /// batch is a StateError.
  History fit(BatchSource source, const FitOptions& options = {});
  /// One update on these rows. Returns their loss and metrics before it. Calls no callbacks.
  Evaluation train_on_batch(const Tensor& x, const Tensor& y, const BatchOptions& options = {});
  /// Loss and metrics without training.
  Evaluation evaluate(const Tensor& x, const Tensor& y, const EvaluateOptions& options = {});
  /// The loss of evaluate(), with the penalties, as a Real: in gradus_dual it carries derivatives.
  Real loss(const Tensor& x, const Tensor& y);
  /// Loss and metrics of these rows as one batch.
  Evaluation test_on_batch(const Tensor& x, const Tensor& y, const BatchOptions& options = {});
  /// The outputs, row by row. StateError before compile() and build().
  Tensor predict(const Tensor& x, const EvaluateOptions& options = {});

  /// One recorded pass through the layers, for hand-written loops; without a mode, as predict()
  /// makes it. StateError before build().
  Tensor operator()(const Tensor& x);
  Tensor operator()(const Tensor& x, const Mode& mode);
  /// The trainable tensors, in Keras's order: kernel, bias, kernel, ... StateError before build().
  const std::vector<Tensor>& parameters() const {
    check_built("parameters");
    return parts_.parameters;
  }
  /// All weights with their names, `dense/kernel`, `dense_1/bias`, in Keras's order: the trainable
  /// ones, and state such as a moving mean. StateError before build().
  const std::vector<Weight>& weights() const {
    check_built("weights");
    return parts_.weights;
  }
  /// Copies of all weights' values, in that order.
  std::vector<Tensor> get_weights() const;
  /// Sets all or nothing; averages (use_ema) begin with the next update, and gradients that were
  /// only collected are dropped. ValueError unless the count is that of weights() and all are
  /// finite, ShapeError unless the shapes agree.
  void set_weights(std::span<const Tensor> weights);
  void set_weights(const std::vector<Tensor>& weights) {
    set_weights(std::span<const Tensor>(weights));
  }

  /// The optimizer given to compile(), with its counter. StateError before.
  Optimizer& optimizer() {
    check_compiled("optimizer");
    return compiled_->optimizer;
  }
  const Optimizer& optimizer() const {
    check_compiled("optimizer");
    return compiled_->optimizer;
  }
  /// Saves the whole model in one file, in the safetensors format that PyTorch, JAX and NumPy
  /// read: weights/..., optimizer/... (slots, averages), run/... (counters, seed, history, state of
  /// callbacks), and the optimizer and its rate as texts. At every moment the file holds either the
  /// old content or the new; its numbers are those between two updates. StateError before build(),
  /// IoError when the system refuses.
  void save(const std::string& path, const SaveOptions& options = {}) const;
  /// Loads a file of save() into a model with the same layers; builds the model if needed. All but
  /// the weights need an optimizer of the same type. All or nothing.
  ///
  /// Training continues bit for bit: fit() with `resume` at the next batch, without it as a new
  /// run. The rate is the file's, with two exceptions when the model was compiled with another
  /// rate: a number does not replace a schedule, and a function, which no file holds, replaces
  /// nothing.
  ///
  /// IoError; FormatError for a file that is damaged or whose names differ; ShapeError for weights
  /// of other shapes, StateError for another optimizer, or inside a fit() after on_train_begin.
  void load(const std::string& path, const LoadOptions& options = {});

  /// Sets all weights, as set_weights() does, from a safetensors file of any program, with numbers
  /// of type F32, F64, F16 or BF16. Counted are the tensors below `weights/`, as in a file of
  /// save(), or all if there are none. If their names are those of weights(), each weight gets the
  /// tensor of its name. Otherwise the weights get them in the order of their data in the file; for
  /// that, count and shapes must agree.
  ///
  /// StateError before build(); IoError; ShapeError for the first tensor of another shape;
  /// FormatError for a damaged file, another count or type, or a number not finite as a Scalar.
  void load_weights(const std::string& path);

  /// The history of the last fit(), or of the file that load() read.
  const History& history() const { return run_.history; }
  /// The loss of the last batch that fit() trained on, before its update; nan before the first.
  double last_loss() const { return run_.totals.last_loss.value_or(std::nan("")); }
  /// Set it, as callbacks do, to end training after the current batch.
  bool stop_training = false;
  /// For callbacks: the rows that fit() trains on. StateError outside fit() and for a BatchSource.
  const Batch& training_rows() const;
  /// The recorded loss of these rows as training minimizes it, with the penalties; outputs are
  /// those of predict().
  Tensor batch_loss(const Batch& rows) { return loss_of(rows, (*this)(rows.x)).loss; }
  /// What reported losses are multiplied by: 1 without CompileOptions::target_deviation.
  double loss_unit() const {
    check_compiled("loss_unit");
    return compiled_->unit(compiled_->loss.degree());
  }
  /// For callbacks: writes a line to the progress sink of fit(). Does nothing outside fit().
  void report(std::string_view line) const {
    if (session_) session_->progress.say(line);
  }
  /// Whether the metric of that key in History is better when lower or higher; none for others.
  MonitorMode direction_of(std::string_view metric) const;
  /// Keras's table of layers, output shapes and parameter counts.
  std::string summary() const;

 private:
  struct Fit;
  /// Shows the averages of the rule as long as the result lives. Then hides them, and averages that
  /// a callback has shown, unless they were shown before.
  auto averages_shown() {
    const bool shown = !compiled_ || optimizer().shows_averages();
    if (compiled_) compiled_->optimizer.present();
    return detail::AtEnd([this, shown] {
      if (!shown && compiled_) compiled_->optimizer.resume();
    });
  }

  void check_compiled(const char* caller) const;
  void check_built(const char* caller) const;
  void swap(Sequential& other);
  /// Keras's name of a layer, and with the type: `dense_1`, `dense_1 (Dense)`.
  std::string layer_name(std::size_t layer) const;
  std::string name_of(std::size_t layer) const;
  /// Layer number i of the model, or its copy. Its errors get its name in front, and shapes of so
  /// many rows, if those are given and fail as well.
  Tensor call_layer(Layer& layer, std::size_t i, const Tensor& x, const Mode& mode,
                    std::int64_t rows = 0) const;
  /// The layers and, once built, the rest.
  struct Parts {
    std::vector<Layer> layers;
    std::vector<Shape> output_shapes = {};  ///< of each layer, for one row
    std::vector<Weight> weights = {};
    std::vector<Tensor> parameters = {};  ///< of the weights, the trainable ones
    std::optional<Shape> input_shape = {};

    /// Gives the optimizer the parameters with their names.
    void give_to(Optimizer& optimizer) const;
  };
  /// Builds copies of the layers for these inputs; changes nothing yet.
  Parts built_for(const Shape& input) const;
  void adopt(Parts built);
  /// Gives all weights new values.
  void assign(std::vector<detail::Buffer>& values) noexcept;
  /// x as rows that fit the model, if it is built.
  Tensor checked_input(const char* caller, const Tensor& x) const;
  /// Checks x, targets against the loss, and weights; builds the model if needed.
  Batch checked_batch(const char* caller, const Batch& batch);
  /// The loss of a batch, with the penalties of the weights.
  BatchLoss loss_of(const Batch& batch, const Tensor& y_pred) const;
  /// StateError while fit() runs, in a callback.
  void check_idle(const char* caller) const;
  /// One training step. The fault says which number was not finite; then nothing has changed.
  detail::Fault train_step(const Batch& batch, Random random, detail::Totals& totals);
  detail::Fault settle_assignments();
  detail::Totals evaluate_rows(const Batch& data, std::int64_t batch_size, std::int64_t steps,
                               detail::CallbackList& callbacks);
  Evaluation evaluation(const detail::Totals& totals) const;

  Parts parts_;
  std::unique_ptr<CompileOptions> compiled_;
  Step batches_ = 0;  ///< trained on so far; the key of shuffles and Dropout
  detail::Run run_;
  detail::Session* session_ = nullptr;  ///< while a fit() runs
  std::vector<Tensor> gradients_;  ///< of the parameters; like assignments_, kept for their memory
  std::vector<Mode::Assignment> assignments_;
};

/// The metadata that save() put into this file. IoError, or FormatError for a file that is damaged
/// or was not written by save().
std::map<std::string, std::string> read_metadata(const std::string& path);

}}  // namespace gradus
